/* main.c - the program that runs a unit's tests: Criterion's Test()s, each in a process of its own.
 *
 * Criterion keeps its tests as pointers in the section cr_tst. We fork for each that is wanted: no
 * program is executed anew for each test, there is no arena that ThreadSanitizer refuses, and the
 * same runner serves under Valgrind. HB_JOBS tests run at one time.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "board.h"
#include "channel.h"
#include "verdict.h"

extern struct criterion_test *const __start_cr_tst[], *const __stop_cr_tst[];

/* suite__name, as unit.toml writes it. */
static void write_id(char id[BOARD_ID_BYTES], const struct criterion_test *test) {
    const char *pieces[] = {test->category, "__", test->name};
    size_t used = 0;
    for (size_t piece = 0; piece < 3; piece++)
        for (const char *text = pieces[piece]; *text && used + 1 < BOARD_ID_BYTES; text++)
            id[used++] = *text;
    id[used] = '\0';
}

static bool is_wanted(const struct criterion_test *test) {
    char id[BOARD_ID_BYTES];
    write_id(id, test);
    return channel_wants(id);
}

/* In the child: the whole life of one test. */
static _Noreturn void run(const struct criterion_test *test) {
    char id[BOARD_ID_BYTES];
    prctl(PR_SET_DUMPABLE, 1);
    write_id(id, test);
    channel_become(id);
    verdict_begin(id);
    if (test->data->init) test->data->init();
    test->test();
    if (test->data->fini) test->data->fini();
    verdict_complete();
    _exit(0);
}

static void reap_one(void) {
    int status;
    pid_t gone = waitpid(-1, &status, 0);
    struct board_entry *entry = gone > 0 ? board_of(gone) : NULL;
    if (entry) board_end(entry, status);
}

static void start(const struct criterion_test *test) {
    pid_t child = fork();
    if (child < 0) _exit(RUNNER_EXIT_NO_CHANNEL);
    if (child == 0) run(test);
}

static void say(const char *kind, const char *text, uint64_t number) {
    struct packet packet;
    packet_begin(&packet, kind, "");
    if (text) packet_text(&packet, text);
    packet_number(&packet, number);
    packet_send(&packet);
}

static uint64_t count_wanted(void) {
    uint64_t wanted = 0;
    for (struct criterion_test *const *at = __start_cr_tst; at < __stop_cr_tst; at++)
        if (*at) wanted += is_wanted(*at);
    return wanted;
}

int main(void) {
    const char *jobs_text = getenv("HB_JOBS");
    long jobs = jobs_text ? strtol(jobs_text, NULL, 10) : 1, running = 0;
    prctl(PR_SET_DUMPABLE, 0); /* a test must not write into us through /proc */
    say("hello", "fork", count_wanted());
    for (struct criterion_test *const *at = __start_cr_tst; at < __stop_cr_tst; at++) {
        if (!*at || !is_wanted(*at)) continue;
        if (running >= (jobs > 0 ? jobs : 1)) reap_one(), running--;
        start(*at), running++;
    }
    while (running-- > 0) reap_one();
    say("done", NULL, board_ended());
    _exit(0);
}
