/* watchdog.h - the end of a test that does not end, and a last word from one that crashes. */
#ifndef HB_WATCHDOG_H
#define HB_WATCHDOG_H

#include <stdint.h>

/* Two kernel timers for this process. When HB_TEST_TIMEOUT_S is up, a signal's handler reports the
 * fault "hang": what each of the lab's threads does, and where; then the process ends. Should that
 * not work, SIGKILL follows WATCHDOG_GRACE_S later, which nothing can catch. Signals of a crash
 * (SEGV, BUS, FPE, ILL, ABRT, TRAP) are reported as the fault "crash" with their place, and then do
 * what they always do. */
void watchdog_start(void);

#define WATCHDOG_DEFAULT_S 10
#define WATCHDOG_GRACE_S   2

/* HB_TEST_TIMEOUT_S as nanoseconds. */
uint64_t watchdog_limit_ns(void);

/* Give the calling thread a stack for the handler of a crash, so that a stack overflow can be
 * reported too. */
void watchdog_adopt_thread(void *stack);
#define WATCHDOG_STACK_BYTES (96 * 1024)

#endif
