/* mutex.c - the reference answer of lesson 04: a mutex of three states that sleeps on a futex.
 *
 * Source: Ulrich Drepper, "Futexes Are Tricky", 2011, section 6, "Mutex, Take 3". We depart from it
 * in that a waiter first spins for a bounded time and backs off, that a waiter may have a deadline,
 * and that unlocking what is not locked panics.
 *
 * The word `state`:
 *
 *   value      meaning                        who sets it                 who ends it
 *   FREE       nobody holds it                unlock                      a taker
 *   HELD       held; nobody sleeps            a taker that never slept    unlock; a waiter
 *   CONTENDED  held; somebody may sleep       a waiter about to sleep,    unlock
 *                                             which takes it if it was
 *                                             FREE
 *
 *   I1  Whoever changes `state` from FREE holds the mutex; only the holder changes it to FREE.
 *   I2  While a thread sleeps, `state` is CONTENDED, or a wake is under way: an unlock has seen
 *       CONTENDED and has yet to call futex_wake, or a thread that it woke has yet to look at
 *       `state` again, and will leave it CONTENDED.
 *
 * The word `extra` is not used.
 */
#include "mutex.h"

#include "clock.h"
#include "cpu.h"
#include "panic.h"

enum state { FREE, HELD, CONTENDED };

/* How long a waiter spins: it looks after 4, then 32, then 256 pauses. In all that is about as long
 * as it takes to fall asleep and be woken (NOTES.md has the figures). */
#define SPIN_PAUSES(look) (4u << 3 * (look))

static inline bool take(struct mutex *mutex) {
    uint32_t expected = FREE;
    return atomic_compare_exchange_strong_explicit(
        &mutex->state, &expected, HELD,
        memory_order_acquire,  /* [M1] sees all that was done before the unlock that wrote FREE */
        memory_order_relaxed); /* a failure tells us nothing about the data, so orders nothing */
}

/* Wait for the holder to finish, without a system call: true if we got the mutex meanwhile. Each
 * look costs the holder its cache line, so the looks become rarer. Where others sleep already, the
 * wait is long: we do not spin at all. */
static bool spin(struct mutex *mutex) {
    for (unsigned look = 0; look < MUTEX_SPIN_LIMIT; look++) {
        for (unsigned done = 0; done < SPIN_PAUSES(look); done++) cpu_relax();
        /* Relaxed: only a hint whether to try; take() makes the edge. */
        uint32_t seen = atomic_load_explicit(&mutex->state, memory_order_relaxed);
        if (seen == CONTENDED) return false;
        if (seen == FREE && take(mutex)) return true;
    }
    return false;
}

/* Take the mutex or announce a sleeper, in one step, and sleep; again, until one or the other ends
 * it. What woke us does not matter: only the word says whether the mutex is ours. And we may have
 * been woken in place of another sleeper, so we look, and announce (I2), before we give up. */
static __attribute__((noinline)) bool lock_slow(struct mutex *mutex, uint64_t deadline_ns) {
    if (spin(mutex)) return true;
    /* [M1] acquire: as in take(). If it took nothing, nothing is ordered; the CONTENDED that it
     * wrote over HELD is no release, and needs none: the unlock that follows writes FREE. */
    while (atomic_exchange_explicit(&mutex->state, CONTENDED, memory_order_acquire) != FREE) {
        if (futex_wait_until(&mutex->state, CONTENDED, deadline_ns) == FUTEX_TIMED_OUT)
            return false; /* nobody woke us, so no wakeup is lost; CONTENDED costs one idle wake */
    }
    return true; /* as CONTENDED, for we do not know whether we were the last sleeper (I2) */
}

void mutex_lock(struct mutex *mutex) {
    if (!take(mutex)) lock_slow(mutex, FUTEX_FOREVER);
}

bool mutex_try_lock(struct mutex *mutex) { return take(mutex); }

bool mutex_lock_until(struct mutex *mutex, uint64_t deadline_ns) {
    if (take(mutex)) return true;
    return clock_now_ns() < deadline_ns && lock_slow(mutex, deadline_ns);
}

void mutex_unlock(struct mutex *mutex) {
    /* [M1] release: what we did under the lock is seen by the acquire that reads this FREE. It is
     * also our last look at the mutex: from here on it may be somebody else's, or gone. */
    switch (atomic_exchange_explicit(&mutex->state, FREE, memory_order_release)) {
    case CONTENDED: futex_wake(&mutex->state, 1); break; /* the address only (I2) */
    case FREE: panic("mutex_unlock", "the mutex must be locked");
    }
}

/* Relaxed, all three: who must see the mark holds the mutex, and [M1] brings it along. Others get a
 * hint, and an atomic one, so that asking is no data race. */
void mutex_poison(struct mutex *mutex) {
    atomic_store_explicit(&mutex->poisoned, 1, memory_order_relaxed);
}

bool mutex_is_poisoned(struct mutex *mutex) {
    return atomic_load_explicit(&mutex->poisoned, memory_order_relaxed) != 0;
}

void mutex_clear_poison(struct mutex *mutex) {
    atomic_store_explicit(&mutex->poisoned, 0,
                          memory_order_relaxed); /* relaxed: see mutex_poison */
}
