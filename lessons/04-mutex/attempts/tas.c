/* tas.c - an attempt: test-and-set. Try to take the mutex until it works.
 *
 * It excludes. But every try writes, so the waiters pull the cache line from each other and from
 * the holder; and a waiter uses its processor up, for as long as the wait lasts.
 */
#include "mutex.h"

#include "clock.h"
#include "cpu.h"
#include "panic.h"

enum state { FREE, HELD };

static bool take(struct mutex *mutex) {
    uint32_t expected = FREE;
    return atomic_compare_exchange_strong_explicit(
        &mutex->state, &expected, HELD,
        memory_order_acquire,  /* [M1] sees all that was done before the unlock */
        memory_order_relaxed); /* a failure orders nothing */
}

bool mutex_try_lock(struct mutex *mutex) { return take(mutex); }

void mutex_lock(struct mutex *mutex) {
    while (!take(mutex)) cpu_relax();
}

bool mutex_lock_until(struct mutex *mutex, uint64_t deadline_ns) {
    while (!take(mutex)) {
        if (clock_now_ns() >= deadline_ns) return false;
        cpu_relax();
    }
    return true;
}

void mutex_unlock(struct mutex *mutex) {
    /* [M1] release: what we did under the lock is seen by the next take(). */
    if (atomic_exchange_explicit(&mutex->state, FREE, memory_order_release) == FREE)
        panic("mutex_unlock", "the mutex must be locked");
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
