/* board.c - the notes that tests' processes leave for their parent. */
#include "board.h"

#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "channel.h"
#include "fence.h"
#include "watchdog.h"

struct board {
    uint32_t begun; /* entries in use; atomic */
    uint32_t ended; /* written by the parent only */
    struct board_entry entries[BOARD_ENTRIES];
};

static struct board *board;
static struct board_entry nobody;
static struct board_entry *mine = &nobody;

uint64_t real_now_ns(void) {
    struct timespec now;
    syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

void board_create(void) {
    board = mmap(NULL, sizeof *board, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (board == MAP_FAILED) _exit(RUNNER_EXIT_NO_CHANNEL);
    fence_keep_out(board, sizeof *board);
}

struct board_entry *board_begin(const char *test) {
    uint32_t place = __atomic_fetch_add(&board->begun, 1, __ATOMIC_RELAXED); /* a ticket */
    if (place >= BOARD_ENTRIES) _exit(RUNNER_EXIT_NO_CHANNEL);
    struct board_entry *entry = &board->entries[place];
    for (size_t at = 0; test[at] && at + 1 < BOARD_ID_BYTES; at++) entry->id[at] = test[at];
    entry->begun_ns = real_now_ns();
    __atomic_store_n(&entry->pid, (int32_t)getpid(),
                     __ATOMIC_RELEASE); /* [B1] the entry is filled in */
    return mine = entry;
}

struct board_entry *board_mine(void) {
    return mine;
}

void board_note(enum board_stage stage) {
    __atomic_fetch_or(&mine->stages, (uint32_t)stage, __ATOMIC_RELAXED); /* read when we are gone */
}

struct board_entry *board_of(pid_t pid) {
    uint32_t begun = __atomic_load_n(&board->begun, __ATOMIC_RELAXED); /* a bound for the search */
    for (uint32_t at = 0; at < begun && at < BOARD_ENTRIES; at++) {
        struct board_entry *entry = &board->entries[at];
        if (__atomic_load_n(&entry->pid, __ATOMIC_ACQUIRE) == pid &&
            !entry->ended) /* [B1] see the whole entry */
            return entry;
    }
    return NULL;
}

static const char *status_of(uint32_t stages, int signal, int code, uint64_t elapsed_ns) {
    if (stages & BOARD_TIMED_OUT) return "timeout";
    if (stages & BOARD_FAULTED) return "fault";
    if (signal == SIGKILL && elapsed_ns >= watchdog_limit_ns()) return "timeout";
    if (signal) return "crash";
    if (stages & BOARD_FAILED) return "fail";
    return stages & BOARD_COMPLETE && code == 0 ? "pass" : "crash";
}

void board_end(struct board_entry *entry, int wait_status) {
    struct packet packet;
    uint64_t elapsed_ns = real_now_ns() - entry->begun_ns;
    int signal = WIFSIGNALED(wait_status) ? WTERMSIG(wait_status) : 0;
    int code = WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : 0;
    entry->ended = true;
    board->ended++;
    packet_begin(&packet, "end", entry->id);
    packet_text(&packet, status_of(entry->stages, signal, code, elapsed_ns));
    packet_number(&packet, (uint64_t)signal);
    packet_number(&packet, (uint64_t)code);
    packet_number(&packet, elapsed_ns);
    packet_send(&packet);
}

uint32_t board_ended(void) { return board->ended; }
