/* clock.h - the monotonic clock, in nanoseconds. */
#ifndef HB_CLOCK_H
#define HB_CLOCK_H

#include <stdint.h>

/* Nanoseconds since an unspecified start; never runs backwards (CLOCK_MONOTONIC). Under the lab
 * (lab.h) the time is virtual and moves only when the test moves it, or when every thread sleeps
 * and one of them has a deadline.
 *
 * Threads:   any.
 * Order:     none.
 */
uint64_t clock_now_ns(void);

#endif
