/* backoff.c - an attempt: test-and-test-and-set with exponential backoff.
 *
 * Each look comes after twice as many pauses as the one before, so a crowd of waiters costs the
 * holder little. The price: a mutex may stand free while everybody pauses. And a waiter still uses
 * its processor up.
 *
 * Source: Thomas E. Anderson, "The Performance of Spin Lock Alternatives for Shared-Memory
 * Multiprocessors", IEEE Transactions on Parallel and Distributed Systems 1(1), 1990.
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

#define PAUSES_MAX 1024

static unsigned pause_for(unsigned pauses) {
    for (unsigned done = 0; done < pauses; done++) cpu_relax();
    return pauses < PAUSES_MAX ? 2 * pauses : PAUSES_MAX;
}

static bool looks_free(struct mutex *mutex) {
    /* Relaxed: only a hint whether to try; take() makes the edge. */
    return atomic_load_explicit(&mutex->state, memory_order_relaxed) == FREE;
}

void mutex_lock(struct mutex *mutex) {
    unsigned pauses = 4;
    while (!looks_free(mutex) || !take(mutex)) pauses = pause_for(pauses);
}

bool mutex_lock_until(struct mutex *mutex, uint64_t deadline_ns) {
    unsigned pauses = 4;
    while (!looks_free(mutex) || !take(mutex)) {
        if (clock_now_ns() >= deadline_ns) return mutex_try_lock(mutex);
        pauses = pause_for(pauses);
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
