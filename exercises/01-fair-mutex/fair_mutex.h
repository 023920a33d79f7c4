/* fair_mutex.h - the contract of exercise 01: one mutex, as fair as you ask for.
 *
 *     static struct fair_mutex lock;
 *
 *     fair_mutex_init(&lock, FAIR_FIFO);
 *     fair_mutex_lock(&lock);
 *     ...
 *     fair_mutex_unlock(&lock);
 *
 * Whoever waits has said so, by a write to the mutex: its first write in fair_mutex_lock or
 * fair_mutex_lock_until. From then on, until it has the mutex, each other thread whose first write
 * comes after its own and that gets the mutex before it *overtakes* it. How fair a mutex is, is one
 * number: how often any one waiter may be overtaken.
 *
 *     FAIR_FIFO      0: first come, first served.
 *     k              at most k times; k is at most FAIR_BYPASS_MOST.
 *     FAIR_BARGING   no bound. Whoever comes while the mutex is free takes it.
 *
 * Which operations may run concurrently on one mutex:
 *
 *                lock  try_lock  lock_until  unlock
 *   any thread   yes   yes       yes         -
 *   the holder   -     yes(1)    -           yes(2)
 *
 *   (1) and is told false. The mutex is not recursive.
 *   (2) or a thread to which the holder has handed this duty, by some edge of their own.
 *
 * Happens-before edge, named at both its ends in every implementation:
 *   [F1]  everything before an unlock happens-before everything after the lock (try_lock, lock_until)
 *         that follows it in the order in which the mutex is held.
 */
#ifndef HB_FAIR_MUTEX_H
#define HB_FAIR_MUTEX_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "futex.h"

#define FAIR_FIFO        0u
#define FAIR_BYPASS_MOST 100u
#define FAIR_BARGING     UINT_MAX

#define FAIR_WAITERS 32 /* threads that wait for one mutex, at most */

/* A mutex. It must not move while a thread holds it or waits for it. There is no destructor: a mutex
 * that nobody holds or waits for is just memory, and the last holder may free it right after its
 * unlock. Nothing is allocated.
 *
 * What the words mean is the implementation's business; some good designs need fewer. Every word is 0
 * after fair_mutex_init, and 0 is all that a waiter may rely on to find in its own.
 */
struct fair_mutex {
    futex_word state;
    futex_word extra;
    unsigned bypass; /* immutable after fair_mutex_init */
    futex_word slots[FAIR_WAITERS];
};

/* Make a free mutex that lets a waiter be overtaken at most `bypass` times.
 *
 * Threads:   one, before any other uses the mutex.
 * Errors:    a number above FAIR_BYPASS_MOST that is not FAIR_BARGING: panics ("fair_mutex_init").
 */
void fair_mutex_init(struct fair_mutex *mutex, unsigned bypass);

/* Take the mutex; wait as long as it takes.
 *
 * Threads:   any that does not hold it.
 * Order:     [F1] everything before the previous unlock happens-before this return.
 * Progress:  blocking. When the mutex is free and nobody waits: no system call. A thread that cannot
 *            get the mutex sleeps, after three looks at most, and sleeps on when it is woken for no
 *            reason. With FAIR_FIFO it is woken at most twice: for being the next, and for its turn.
 * Fairness:  as above.
 * Errors:    more than FAIR_WAITERS places in the queue are taken: panics ("fair_mutex_lock"). Whoever
 *            gives up may leave its place taken until all before it have gone and an unlock has come.
 */
void fair_mutex_lock(struct fair_mutex *mutex);

/* Take the mutex if that can be done now, and if the fairness allows it.
 *
 * Threads:   any.
 * Order:     [F1] when it returns true; none when it returns false.
 * Progress:  lock-free: never sleeps, makes no system call.
 * Returns:   true if the caller now holds the mutex. A free mutex that nobody waits for, and nobody
 *            else touches, is always taken; with FAIR_BARGING also while others wait.
 */
bool fair_mutex_try_lock(struct fair_mutex *mutex);

/* Take the mutex, or give up at a deadline (clock.h; FUTEX_FOREVER: never). Who gives up leaves its
 * place; it delays nobody and overtakes nobody.
 *
 * Threads, order, errors: as fair_mutex_lock ("fair_mutex_lock_until").
 * Progress:  blocking, until the deadline at most. A free mutex that nobody waits for is taken even if
 *            the deadline has passed.
 * Returns:   true if the caller now holds the mutex. False only if the deadline has come.
 */
bool fair_mutex_lock_until(struct fair_mutex *mutex, uint64_t deadline_ns);

/* Give the mutex to the next.
 *
 * Threads:   the holder, or a thread to which it has handed this duty.
 * Order:     [F1] everything before it happens-before the next holder's return.
 * Progress:  lock-free; at most one system call, and none when nobody has waited since the unlock
 *            before.
 * Errors:    a mutex that nobody holds: panics ("fair_mutex_unlock").
 */
void fair_mutex_unlock(struct fair_mutex *mutex);

#endif
