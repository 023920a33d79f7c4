/* fair_mutex.c - exercise 01: a mutex that is as fair as you ask for. This is the file that you write.
 *
 * It compiles as it stands, and promises nothing yet. fair_mutex.h holds the contract; README.md what
 * is asked and how it is measured; attempts/ holds wrong turnings, complete, each with the verdict
 * that it gets. How you go about it is yours: one algorithm with a number in it, or several behind
 * one function. The four demands below can be met one after the other; each has checks of its own.
 *
 * What you may use: <stdatomic.h> with the _explicit forms only, and from the workbook futex.h,
 * clock.h, cpu.h and panic.h. No memory is allocated. Helpers of your own are static.
 *
 * Before the first line of code, write down here
 *   - what each word of the mutex means, and who may change it when;
 *   - the step at which a thread begins to wait, for all others to see: its doorway;
 *   - the invariants that make the bound true, as I1, I2, ...;
 *   - where [F1] begins and where it ends.
 */
#include "fair_mutex.h"

#include "clock.h"
#include "cpu.h"
#include "panic.h"

/* DEMAND 1 of 4: one at a time, and asleep.
 *
 * Mutual exclusion, no system call without contention, no wakeup lost, none wasted on a herd, and no
 * look at the mutex once it is free. With FAIR_BARGING whoever comes takes a free mutex, whoever
 * sleeps. This is lesson 04 again; what you know from there may be used.
 *
 * Edge:  [F1], named at both its ends.
 * Check: make check U=01-fair-mutex STEP=1
 *
 * DEMAND 2 of 4: first come, first served.
 *
 * With FAIR_FIFO nobody overtakes a waiter: not a newcomer while the woken one is still rising, not a
 * try_lock, not another waiter. Up to FAIR_WAITERS threads wait; one more is a panic. The queue is
 * inside the mutex: whoever waits may keep things on its own stack only as long as nobody else can
 * still reach them.
 *
 * Keep:  an unlock wakes exactly the thread whose turn it is.
 * Check: make check U=01-fair-mutex STEP=2
 *
 * DEMAND 3 of 4: a number between.
 *
 * With a bound k no waiter is overtaken more than k times, wherever in the queue it stood when it
 * happened. A mutex that lets nobody by keeps the bound, too, and passes; whether yours is worth its
 * throughput, `make bench` tells.
 *
 * Check: make check U=01-fair-mutex STEP=3
 */
void fair_mutex_init(struct fair_mutex *mutex, unsigned bypass) { (void)mutex, (void)bypass; }

void fair_mutex_lock(struct fair_mutex *mutex) { (void)mutex; }

bool fair_mutex_try_lock(struct fair_mutex *mutex) {
    (void)mutex;
    return false;
}

void fair_mutex_unlock(struct fair_mutex *mutex) { (void)mutex; }

/* DEMAND 4 of 4: leave the queue.
 *
 * A waiter whose deadline has come goes, from whichever place. The others keep their order and their
 * bound. The hard moment is the last one: its turn comes while it is leaving, and then either it has
 * the mutex or the next one must.
 *
 * Check: make check U=01-fair-mutex STEP=4
 */
bool fair_mutex_lock_until(struct fair_mutex *mutex, uint64_t deadline_ns) {
    (void)mutex, (void)deadline_ns;
    return false;
}
