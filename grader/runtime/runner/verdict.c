/* verdict.c - the outcome of a test, told from inside its process. */
#include "verdict.h"

#include <sys/syscall.h>
#include <unistd.h>

#include "board.h"
#include "fence.h"
#include "roster.h"
#include "watchdog.h"

static uint32_t closed_by; /* thread id of the one that ends the test; 0: still open; atomic */

void verdict_close(void) {
    uint32_t nobody = 0, self = (uint32_t)syscall(SYS_gettid);
    if (__atomic_compare_exchange_n(&closed_by, &nobody, self, false, __ATOMIC_RELAXED,
                                    __ATOMIC_RELAXED))
        return;
    if (nobody == self)
        return; /* the same thread met a second fault while it told of the first: let it end */
    for (;;) syscall(SYS_pause);
}

static void send_plain(const char *kind) {
    struct packet packet;
    packet_begin(&packet, kind, board_mine()->id);
    packet_send(&packet);
}

void verdict_begin(const char *test) {
    struct packet packet;
    board_begin(test);
    packet_begin(&packet, "begin", test);
    packet_number(&packet, (uint64_t)getpid());
    packet_send(&packet);
    watchdog_start();
}

void verdict_complete(void) {
    roster_check_at_end();
    board_note(BOARD_COMPLETE);
    send_plain("complete");
}

_Noreturn void verdict_complete_and_exit(void) {
    verdict_close();
    board_note(BOARD_COMPLETE);
    send_plain("complete");
    _exit(0);
}

#define SITES 4096 /* places that are remembered; beyond them each time is told */

void verdict_pass(const void *return_address) {
    static const void *told[SITES];
    static uint32_t count; /* atomic; the worst that a race can do is to tell a place twice */
    struct packet packet;
    uint32_t known = __atomic_load_n(&count, __ATOMIC_RELAXED); /* see there */
    for (uint32_t place = 0; place < known && place < SITES; place++)
        if (told[place] == return_address) return;
    uint32_t mine = __atomic_fetch_add(&count, 1, __ATOMIC_RELAXED); /* a ticket */
    if (mine < SITES) told[mine] = return_address;
    packet_begin(&packet, "site", board_mine()->id);
    packet_hex(&packet, (uintptr_t)return_address - (uintptr_t)fence_text_fenced);
    packet_place(&packet, return_address);
    packet_send(&packet);
}

void verdict_fail(const char *file, uint64_t line, const char *message) {
    struct packet packet;
    board_note(BOARD_FAILED);
    packet_begin(&packet, "fail", board_mine()->id);
    packet_text(&packet, file);
    packet_number(&packet, line);
    packet_text(&packet, message);
    packet_send(&packet);
}

_Noreturn void verdict_fail_and_exit(void) {
    verdict_close();
    _exit(RUNNER_EXIT_FAIL);
}

void fault_begin(struct packet *packet, const char *kind, const char *const message[]) {
    verdict_close();
    packet_begin(packet, "fault", board_mine()->id);
    packet_text(packet, kind);
    packet_pieces(packet, message);
}

void fault_send(struct packet *packet) {
    board_note(BOARD_FAULTED);
    packet_send(packet);
}

_Noreturn void fault_end(struct packet *packet) {
    fault_send(packet);
    _exit(RUNNER_EXIT_FAULT);
}

_Noreturn void fault_end_timed_out(struct packet *packet) {
    board_note(BOARD_TIMED_OUT);
    fault_send(packet);
    _exit(RUNNER_EXIT_TIMEOUT);
}
