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

extern const struct clock
    clock_only[MAX_THREADS]; /* [t]: all bits of the entry of t, and no other */

/* Not into itself: the compiler need not look whether they overlap. */
static inline void clock_join(struct clock *restrict into, const struct clock *restrict from) {
    for (int t = 0; t < MAX_THREADS; t++)
        into->at[t] = into->at[t] > from->at[t] ? into->at[t] : from->at[t];
}

/* The clock learns of the first `count` events of thread `tid`. All entries are written, as wide as
 * the next copy of the clock reads them: a load of 16 bytes just behind a store of 2 of them stalls. */
static inline void clock_tick(struct clock *c, int tid, int count) {
    for (int t = 0; t < MAX_THREADS; t++) {
        int16_t k = (int16_t)(count & clock_only[tid].at[t]);
        c->at[t] = c->at[t] > k ? c->at[t] : k;
    }
}

#endif
