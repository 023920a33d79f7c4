/* lost_wakeup.c - an attempt: three states, but a woken thread forgets the other sleepers.
 *
 * FREE, HELD, and CONTENDED: held, and somebody sleeps. Only an unlock of CONTENDED wakes. The flaw
 * stands in lock_slow: who is woken takes the mutex as HELD. If others sleep, the word no longer
 * says so, and the next unlock wakes nobody.
 */
#include "mutex.h"

#include "clock.h"
#include "cpu.h"
#include "panic.h"

enum state { FREE, HELD, CONTENDED };

static bool take(struct mutex *mutex) {
    uint32_t expected = FREE;
    return atomic_compare_exchange_strong_explicit(
        &mutex->state, &expected, HELD,
        memory_order_acquire,  /* [M1] sees all that was done before the unlock */
        memory_order_relaxed); /* a failure orders nothing */
}

bool mutex_try_lock(struct mutex *mutex) { return take(mutex); }

static void announce(struct mutex *mutex) {
    uint32_t expected = HELD;
    atomic_compare_exchange_strong_explicit(
        &mutex->state, &expected, CONTENDED, memory_order_relaxed, /* orders nothing: take() does */
        memory_order_relaxed); /* FREE or CONTENDED: look again */
}

static bool lock_slow(struct mutex *mutex, uint64_t deadline_ns) {
    while (!take(mutex)) {
        if (deadline_ns != FUTEX_FOREVER && clock_now_ns() >= deadline_ns) return false;
        announce(mutex);
        futex_wait_until(&mutex->state, CONTENDED, deadline_ns);
    }
    return true;
}

void mutex_lock(struct mutex *mutex) { lock_slow(mutex, FUTEX_FOREVER); }

bool mutex_lock_until(struct mutex *mutex, uint64_t deadline_ns) {
    return lock_slow(mutex, deadline_ns);
}

void mutex_unlock(struct mutex *mutex) {
    /* [M1] release: what we did under the lock is seen by the next take(). */
    switch (atomic_exchange_explicit(&mutex->state, FREE, memory_order_release)) {
    case CONTENDED: futex_wake(&mutex->state, 1); break;
    case FREE: panic("mutex_unlock", "the mutex must be locked");
    }
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
