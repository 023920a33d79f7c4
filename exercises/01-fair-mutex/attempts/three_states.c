/* three_states.c - the mutex of lesson 04, and the number is forgotten.
 *
 * A good mutex. It excludes, sleeps, wakes one, and never forgets a sleeper. It promises no order, and
 * so it has none: a woken thread must compete with whoever comes, and whoever comes is on a processor
 * already.
 */
#include "fair_mutex.h"

#include "panic.h"

enum { FREE, HELD, CONTENDED };

void fair_mutex_init(struct fair_mutex *mutex, unsigned bypass) {
    mutex->bypass = bypass;
    /* Relaxed: whoever hands the mutex to another thread makes the edge. */
    atomic_store_explicit(&mutex->state, FREE, memory_order_relaxed);
}

bool fair_mutex_try_lock(struct fair_mutex *mutex) {
    uint32_t free = FREE;
    return atomic_compare_exchange_strong_explicit(
        &mutex->state, &free, HELD, memory_order_acquire, /* [F1] sees what was before the unlock */
        memory_order_relaxed);                            /* a failure orders nothing */
}

bool fair_mutex_lock_until(struct fair_mutex *mutex, uint64_t deadline_ns) {
    if (fair_mutex_try_lock(mutex)) return true;
    bool late = false;
    /* Acquire: [F1] when it was free. */
    while (atomic_exchange_explicit(&mutex->state, CONTENDED, memory_order_acquire) != FREE) {
        if (late) return false;
        late = futex_wait_until(&mutex->state, CONTENDED, deadline_ns) == FUTEX_TIMED_OUT;
    }
    return true;
}

void fair_mutex_lock(struct fair_mutex *mutex) { fair_mutex_lock_until(mutex, FUTEX_FOREVER); }

void fair_mutex_unlock(struct fair_mutex *mutex) {
    /* Release: [F1] to whoever takes it next. */
    uint32_t was = atomic_exchange_explicit(&mutex->state, FREE, memory_order_release);
    if (was == FREE) panic("fair_mutex_unlock", "the mutex must be locked");
    if (was == CONTENDED) futex_wake(&mutex->state, 1);
}
