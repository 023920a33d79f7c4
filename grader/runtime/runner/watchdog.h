/* watchdog.h - the end of a test that does not end, and a last word from one that crashes. */
#ifndef HB_WATCHDOG_H
#define HB_WATCHDOG_H

#include <stdint.h>

/* Three kernel timers for this process.
 *
 *   processor time   HB_TEST_TIMEOUT_S, of all threads together: the fault "hang". A busy machine
 *                    cannot make a test fail this way.
 *   real time        WATCHDOG_PATIENCE times that: "hang" too, for a test that blocks outside the
 *                    lab, where no deadlock can be seen.
 *   SIGKILL          WATCHDOG_GRACE_S of real time later, which nothing can catch.
 *
 * The fault tells what each of the lab's threads does, and where. Signals of a crash (SEGV, BUS,
 * FPE, ILL, ABRT, TRAP, SYS) are reported as the fault "crash" with their place, and then do what
 * they always do. */
void watchdog_start(void);

#define WATCHDOG_DEFAULT_S 10
#define WATCHDOG_PATIENCE  3
#define WATCHDOG_GRACE_S   2

/* The limit of real time, in nanoseconds. */
uint64_t watchdog_limit_ns(void);

/* Give the calling thread a stack for the handler of a crash, so that a stack overflow can be
 * reported too. */
void watchdog_adopt_thread(void *stack);
#define WATCHDOG_STACK_BYTES (96 * 1024)

#endif
