/* mutex.c - lesson 04, handed in by a student. Three states: unlocked, locked, and locked with
 * sleepers. I tested it with eight threads for an hour and it never failed.
 */
#include "mutex.h"

#include "clock.h"
#include "cpu.h"
#include "panic.h"

enum state { UNLOCKED, LOCKED, CONTENDED };

static bool take(struct mutex *mutex) {
    uint32_t expected = UNLOCKED;
    return atomic_compare_exchange_strong_explicit(
        &mutex->state, &expected, LOCKED,
        memory_order_acquire,  /* [M1] sees all that was done before the unlock */
        memory_order_relaxed); /* a failure orders nothing */
}

/* The state after a bounded spin: UNLOCKED or CONTENDED at once, LOCKED when the time is up. */
static uint32_t spin(struct mutex *mutex) {
    for (int looks = MUTEX_SPIN_LIMIT;; looks--) {
        /* Relaxed: a hint; who takes makes the edge. */
        uint32_t seen = atomic_load_explicit(&mutex->state, memory_order_relaxed);
        if (seen != LOCKED || looks == 1) return seen;
        cpu_relax();
    }
}

static bool lock_contended(struct mutex *mutex, uint64_t deadline_ns) {
    uint32_t seen = spin(mutex);
    if (seen == UNLOCKED && take(mutex)) return true;
    for (;;) {
        /* [M1] acquire: if it was UNLOCKED the mutex is ours, as CONTENDED: others may sleep. */
        if (seen != CONTENDED &&
            atomic_exchange_explicit(&mutex->state, CONTENDED, memory_order_acquire) == UNLOCKED)
            return true;
        if (futex_wait_until(&mutex->state, CONTENDED, deadline_ns) == FUTEX_TIMED_OUT)
            return false;
        seen = spin(mutex);
    }
}

void mutex_lock(struct mutex *mutex) {
    if (!take(mutex)) lock_contended(mutex, FUTEX_FOREVER);
}

bool mutex_try_lock(struct mutex *mutex) {
    uint32_t expected = UNLOCKED;
    return atomic_compare_exchange_strong_explicit(
        &mutex->state, &expected, LOCKED, memory_order_relaxed, /* does not wait: no order */
        memory_order_relaxed);
}

bool mutex_lock_until(struct mutex *mutex, uint64_t deadline_ns) {
    if (clock_now_ns() >= deadline_ns) return false; /* too late */
    return take(mutex) || lock_contended(mutex, deadline_ns);
}

void mutex_unlock(struct mutex *mutex) {
    /* [M1] release: what we did under the lock is seen by the next taker. Our last look, too. */
    uint32_t before = atomic_exchange_explicit(&mutex->state, UNLOCKED, memory_order_release);
    if (before == UNLOCKED) panic("mutex_unlock", "the mutex must be locked");
    if (before == CONTENDED)
        futex_wake(&mutex->state, UINT32_MAX); /* all, to be on the safe side */
}

/* Relaxed, all three: who must see the mark holds the mutex, and [M1] brings it along. */
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
