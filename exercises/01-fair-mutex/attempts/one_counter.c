/* one_counter.c - a ticket lock whose waiters all sleep on the counter that is served.
 *
 * The order is perfect, and two lines of code make it. But all sleep at one place, and the kernel does
 * not know whose ticket is whose: the unlock must wake everybody, and all but one go to sleep again.
 * And a ticket cannot be given back. Who gives up leaves a number that will be called some day, and
 * that nobody answers.
 */
#include "fair_mutex.h"

#include "panic.h"

/* `extra` is the next ticket, `state` the one that is served; they are equal when it is free. */

void fair_mutex_init(struct fair_mutex *mutex, unsigned bypass) {
    mutex->bypass = bypass;
    /* Relaxed, both: whoever hands the mutex to another thread makes the edge. */
    atomic_store_explicit(&mutex->state, 0, memory_order_relaxed);
    atomic_store_explicit(&mutex->extra, 0, memory_order_relaxed);
}

bool fair_mutex_lock_until(struct fair_mutex *mutex, uint64_t deadline_ns) {
    /* Seq_cst: we write `extra` and read `state`, the unlock does it the other way round, and one of us
     * must see the other (store buffering, lesson 01). */
    uint32_t ticket = atomic_fetch_add_explicit(&mutex->extra, 1, memory_order_seq_cst);
    for (bool late = false;;) {
        /* Seq_cst: as above; it acquires, [F1], from the unlock that serves us. */
        uint32_t served = atomic_load_explicit(&mutex->state, memory_order_seq_cst);
        if (served == ticket) return true;
        if (late) return false; /* and the ticket? */
        late = futex_wait_until(&mutex->state, served, deadline_ns) == FUTEX_TIMED_OUT;
    }
}

void fair_mutex_lock(struct fair_mutex *mutex) { fair_mutex_lock_until(mutex, FUTEX_FOREVER); }

bool fair_mutex_try_lock(struct fair_mutex *mutex) {
    /* Acquire: [F1] if it is free, the unlock before served this ticket. */
    uint32_t ticket = atomic_load_explicit(&mutex->state, memory_order_acquire);
    return atomic_compare_exchange_strong_explicit(&mutex->extra, &ticket, ticket + 1,
                                                   memory_order_relaxed,  /* see the load */
                                                   memory_order_relaxed); /* orders nothing */
}

void fair_mutex_unlock(struct fair_mutex *mutex) {
    /* Relaxed: only we change it. */
    uint32_t served = atomic_load_explicit(&mutex->state, memory_order_relaxed);
    if (atomic_load_explicit(&mutex->extra, memory_order_relaxed) == served) /* as above */
        panic("fair_mutex_unlock", "the mutex must be locked");
    /* Seq_cst, both: as in the lock; the store releases, [F1]. */
    atomic_store_explicit(&mutex->state, served + 1, memory_order_seq_cst);
    if (atomic_load_explicit(&mutex->extra, memory_order_seq_cst) != served + 1) /* seq_cst */
        futex_wake(&mutex->state, UINT32_MAX);
}
