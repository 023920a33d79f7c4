/* clock.h - vector clocks over at most MAX_THREADS threads.
 *
 * at[t] == k means: the first k events of thread t are included.
 */
#ifndef HBX_CLOCK_H
#define HBX_CLOCK_H

#include "config.h"

/* 16: more would make the compiler realign the stack with a register that is the program's (spin.c). */
struct clock {
    int16_t at[MAX_THREADS];
} __attribute__((aligned(16)));

static inline void clock_join(struct clock *into, const struct clock *from) {
    for (int t = 0; t < MAX_THREADS; t++)
        into->at[t] = into->at[t] > from->at[t] ? into->at[t] : from->at[t];
}

#endif
