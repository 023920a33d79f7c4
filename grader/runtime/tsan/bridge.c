/* bridge.c - a ThreadSanitizer report, sent over the channel as a `race` packet:
 *
 *     description        "data-race", "heap-use-after-free", ... as ThreadSanitizer names it
 *     location           its type and size: "global 4", "heap 16", "stack 0", ... or ""
 *     then for each access:
 *         what           "read", "write", "atomic read" or "atomic write"
 *         bytes
 *         variable       its place in the program ("+0x..."), or ""
 *         stack          places, innermost first
 *
 * The first report of a test ends it: what follows a data race is undefined behaviour.
 *
 * Source: llvm-project, compiler-rt/lib/tsan/rtl/tsan_debugging.cpp (the interface for debuggers;
 * LLVM 14 and later) and tsan_interface.h (__tsan_on_report).
 */
#include <stddef.h>
#include <stdint.h>

#include "board.h"
#include "channel.h"
#include "verdict.h"

#define TRACE 16

int __tsan_get_report_data(void *report, const char **description, int *count, int *stacks,
                           int *accesses, int *locations, int *mutexes, int *threads,
                           int *unique_threads, void **sleep_trace, unsigned long trace_size);
int __tsan_get_report_mop(void *report, unsigned long index, int *thread, void **address, int *size,
                          int *write, int *atomic, void **trace, unsigned long trace_size);
int __tsan_get_report_loc(void *report, unsigned long index, const char **type, void **address,
                          unsigned long *start, unsigned long *size, int *thread, int *descriptor,
                          int *suppressable, void **trace, unsigned long trace_size);
int __tsan_get_report_stack(void *report, unsigned long index, void **trace,
                            unsigned long trace_size);

/* The options that every run has; TSAN_OPTIONS adds the suppressions file. Its entries name
 * functions, so ThreadSanitizer needs a symbolizer; addr2line is there wherever there is a linker. */
const char *__tsan_default_options(void);
const char *__tsan_default_options(void) {
    return "allow_addr2line=1:external_symbolizer_path=/usr/bin/addr2line:"
           "report_signal_unsafe=0:report_thread_leaks=0:detect_deadlocks=1:"
           "history_size=7:exitcode=66:handle_segv=0:handle_abort=0:"
           "handle_sigbus=0:handle_sigfpe=0:handle_sigill=0:allow_user_segv_handler=1:"
           "die_after_fork=0:memory_limit_mb=0:atexit_sleep_ms=0";
}

static void put_location(struct packet *packet, void *report, int locations) {
    const char *type = "";
    void *address = NULL, *trace[TRACE];
    unsigned long start = 0, size = 0;
    int thread, descriptor, suppressable;
    char digits[21];
    if (!locations || !__tsan_get_report_loc(report, 0, &type, &address, &start, &size, &thread,
                                             &descriptor, &suppressable, trace, TRACE)) {
        packet_text(packet, "");
        return;
    }
    packet_pieces(packet, (const char *const[]){type, " ", number_text(digits, size), NULL});
}

/* An inlined function has an entry of its own, at the address of the one that it was inlined into. */
static void drop_repeated(void *trace[TRACE]) {
    size_t kept = 0;
    for (size_t frame = 0; frame < TRACE && trace[frame]; frame++)
        if (!kept || trace[frame] != trace[kept - 1]) trace[kept++] = trace[frame];
    if (kept < TRACE) trace[kept] = NULL;
}

static void put_access(struct packet *packet, void *report, int index) {
    static const char *const kinds[] = {"read", "write", "atomic read", "atomic write"};
    void *trace[TRACE] = {NULL}, *address = NULL;
    int thread = 0, size = 0, write = 0, atomic = 0;
    __tsan_get_report_mop(report, (unsigned long)index, &thread, &address, &size, &write, &atomic,
                          trace, TRACE);
    drop_repeated(trace);
    packet_text(packet, kinds[(atomic ? 2 : 0) + (write ? 1 : 0)]);
    packet_number(packet, (uint64_t)size);
    if (place_is_ours(address))
        packet_place(packet, (char *)address + 1);
    else
        packet_text(packet, "");
    packet_places(packet, trace, TRACE);
}

void __tsan_on_report(void *report);
void __tsan_on_report(void *report) {
    struct packet packet;
    const char *description = "";
    void *sleep_trace[1];
    int count = 0, stacks = 0, accesses = 0, locations = 0, mutexes = 0, threads = 0, unique = 0;
    __tsan_get_report_data(report, &description, &count, &stacks, &accesses, &locations, &mutexes,
                           &threads, &unique, sleep_trace, 0);
    verdict_close();
    board_note(BOARD_FAILED);
    packet_begin(&packet, "race", board_mine()->id);
    packet_text(&packet, description);
    put_location(&packet, report, locations);
    for (int access = 0; access < accesses && access < 4; access++)
        put_access(&packet, report, access);
    packet_send(&packet);
    verdict_fail_and_exit();
}
