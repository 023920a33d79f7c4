/* mutex.h - the contract of lesson 04: a mutual-exclusion lock that sleeps.
 *
 *     static struct mutex lock = MUTEX_INIT;
 *     static int balance;
 *
 *     void deposit(int amount) {
 *         mutex_lock(&lock);
 *         balance += amount;
 *         mutex_unlock(&lock);
 *     }
 *
 * Which operations may run concurrently on one mutex:
 *
 *                lock  try_lock  lock_until  unlock  poison  is_poisoned  clear_poison
 *   any thread   yes   yes       yes         -       -       yes          -
 *   the holder   -     yes(1)    -           yes     yes     yes          yes
 *
 *   (1) and is told false: the mutex is not recursive. A holder that calls mutex_lock again waits
 *       for itself, for ever.
 *
 * Happens-before edge, named at both its ends in every implementation:
 *   [M1]  everything before an unlock happens-before everything after the lock (try_lock,
 *         lock_until) that follows it in the order in which the mutex is held.
 */
#ifndef HB_MUTEX_H
#define HB_MUTEX_H

#include <stdbool.h>
#include <stdint.h>

#include "futex.h"

/* A mutex. Zero bytes everywhere are an unlocked, healthy one. Put it anywhere; it must not move
 * while a thread holds it or waits for it. There is no destructor: a mutex that nobody holds or
 * waits for is just memory.
 *
 * What the numbers mean is the implementation's business. Two words are there because some good
 * designs need two (a ticket and a turn; a flag and a count of sleepers); the usual three-state
 * mutex leaves the second alone.
 */
struct mutex {
    futex_word state;
    futex_word extra;
    futex_word poisoned; /* nonzero: a holder left the data broken */
};

#define MUTEX_INIT                                                                                 \
    { 0 }

/* A waiter that spins before it sleeps looks at the mutex at most so many times. How long it pauses
 * between two looks is its own business. Each look asks the holder's processor for the cache line,
 * and each is one more moment at which the holder may have let go: whoever explores every schedule
 * has all of them to go through, in every order with the looks of the others.
 */
#define MUTEX_SPIN_LIMIT 3

/* Take the mutex; wait as long as it takes.
 *
 * Threads:   any that does not hold it.
 * Order:     [M1] everything before the previous unlock happens-before this return.
 * Progress:  blocking. When the mutex is free and nobody waits: no system call. A thread that
 *            cannot get the mutex sleeps after a bounded spin (MUTEX_SPIN_LIMIT), and sleeps on
 *            when it is woken for no reason. No order among waiters is promised, but none is forgotten: while unlocks
 *            go on, each sleeper is woken in the end.
 */
void mutex_lock(struct mutex *mutex);

/* Take the mutex if that can be done now.
 *
 * Threads:   any.
 * Order:     [M1] when it returns true; none when it returns false.
 * Progress:  wait-free: never sleeps, never spins, makes no system call.
 * Returns:   true if the caller now holds the mutex. False only if it was held at some moment
 *            during the call; a free mutex that nobody else touches is always taken (no spurious
 *            failure).
 */
bool mutex_try_lock(struct mutex *mutex);

/* Take the mutex, or give up at a deadline.
 *
 * deadline_ns:  absolute, on the clock of clock_now_ns(). One that has passed makes this a single
 *               attempt, which does not sleep. FUTEX_FOREVER: there is none.
 *
 * Threads:   any that does not hold it.
 * Order:     [M1] when it returns true; none when it returns false.
 * Progress:  as mutex_lock, until the deadline. A waiter that gives up leaves the mutex as usable
 *            as it found it, and takes no other thread's wakeup away with it.
 * Returns:   true if the caller now holds the mutex; false if the deadline passed first.
 */
bool mutex_lock_until(struct mutex *mutex, uint64_t deadline_ns);

/* Let the mutex go; if threads sleep for it, wake one of them, and no more than one: the others
 * could only look, find it taken, and lie down again.
 *
 * Threads:   the holder.
 * Order:     [M1] everything before this call happens-before the next lock's return.
 * Progress:  wait-free. No system call unless a thread waited: another one while the caller held
 *            the mutex, or the caller before it got it.
 * Errors:    a mutex that is not locked: panics ("mutex_unlock").
 * Memory:    does not read or write the mutex after another thread could have taken it, so whoever
 *            takes it next may free it (it may still pass its address to futex_wake, which reads
 *            nothing).
 */
void mutex_unlock(struct mutex *mutex);

/* Mark the data as broken: the holder must let go in the middle of a change. The mutex works on as
 * before; the mark stays until mutex_clear_poison. Who takes the mutex asks, and decides.
 *
 * Threads:   the holder.
 * Order:     seen by every later holder, by [M1].
 * Progress:  wait-free.
 */
void mutex_poison(struct mutex *mutex);

/* Is the data marked as broken?
 *
 * Threads:   any. Exact for the holder; for others a hint that may be old when it arrives.
 * Order:     none of its own.
 * Progress:  wait-free.
 */
bool mutex_is_poisoned(struct mutex *mutex);

/* Take the mark away: the holder has repaired the data.
 *
 * Threads:   the holder.
 * Order:     seen by every later holder, by [M1].
 * Progress:  wait-free.
 */
void mutex_clear_poison(struct mutex *mutex);

#endif
