/* fair_mutex.c - the ticket lock with a place to sleep for each ticket, and barging beside it.
 *
 * `state` is the ticket lock: the next ticket in the upper half, the one that is served in the lower.
 * The mutex is held while they differ. To come is one fetch_add, so the doorway is wait-free, and there
 * is nothing to lose it by. Who is not served at once is told so in its slot, by the unlock. A bound
 * above 0 is kept by letting nobody by; FAIR_BARGING is a mutex of its own in `extra`.
 *
 * Source: J. M. Mellor-Crummey, M. L. Scott, "Algorithms for Scalable Synchronization on Shared-Memory
 * Multiprocessors", ACM TOCS 9(1), 1991 (the ticket lock); D. Dice, A. Kogan, "TWA - Ticket Locks
 * Augmented with a Waiting Array", Euro-Par 2019 (to wait elsewhere than on the counter).
 */
#include "fair_mutex.h"

#include <stddef.h>

#include "panic.h"

enum { TICKET = 0xffff, NEXT = 0x10000 };
enum { EMPTY, SERVED, GAVE_UP }; /* a slot */
enum { FREE, HELD, CONTENDED };  /* `extra`, with FAIR_BARGING */

static uint32_t next_of(uint32_t state) { return state >> 16; }
static uint32_t served_of(uint32_t state) { return state & TICKET; }
static uint32_t after(uint32_t state) { /* the next one is served */
    return (state & ~(uint32_t)TICKET) | ((state + 1) & TICKET);
}
static futex_word *slot_of(struct fair_mutex *mutex, uint32_t ticket) {
    return &mutex->slots[ticket % FAIR_WAITERS];
}

void fair_mutex_init(struct fair_mutex *mutex, unsigned bypass) {
    if (bypass > FAIR_BYPASS_MOST && bypass != FAIR_BARGING)
        panic("fair_mutex_init", "the bound is at most FAIR_BYPASS_MOST, or it is FAIR_BARGING");
    mutex->bypass = bypass;
    /* Relaxed, all: whoever hands the mutex to another thread makes the edge. */
    atomic_store_explicit(&mutex->state, 0, memory_order_relaxed);
    atomic_store_explicit(&mutex->extra, FREE, memory_order_relaxed);
    for (size_t i = 0; i < FAIR_WAITERS; i++)
        atomic_store_explicit(&mutex->slots[i], EMPTY, memory_order_relaxed); /* relaxed, too */
}

/* False: the deadline came first, and the unlock steps over us. */
static bool wait_for_turn(futex_word *slot, uint64_t deadline_ns) {
    bool late = false;
    /* Acquire: [F1], pairs with the exchange in queue_unlock. */
    while (atomic_load_explicit(slot, memory_order_acquire) != SERVED) {
        uint32_t empty = EMPTY;
        /* Release: our last look comes before the slot's next use. */
        if (late && atomic_compare_exchange_strong_explicit(
                        slot, &empty, GAVE_UP, memory_order_release, memory_order_relaxed))
            return false;
        late = futex_wait_until(slot, EMPTY, deadline_ns) == FUTEX_TIMED_OUT;
    }
    atomic_store_explicit(slot, EMPTY, memory_order_relaxed); /* ordered by our unlock */
    return true;
}

static bool queue_take(struct fair_mutex *mutex, uint64_t deadline_ns, const char *function) {
    /* Acquire: [F1] when it is free; and the last use of our slot came before. */
    uint32_t state = atomic_fetch_add_explicit(&mutex->state, NEXT, memory_order_acquire);
    uint32_t before = (next_of(state) - served_of(state)) & TICKET; /* the holder, and who waits */
    if (before == 0) return true;
    if (before > FAIR_WAITERS) panic(function, "at most FAIR_WAITERS threads wait");
    return wait_for_turn(slot_of(mutex, next_of(state)), deadline_ns);
}

static bool queue_try(struct fair_mutex *mutex) {
    /* Relaxed: the compare-exchange decides. */
    uint32_t state = atomic_load_explicit(&mutex->state, memory_order_relaxed);
    while (next_of(state) == served_of(state))
        if (atomic_compare_exchange_weak_explicit(
                &mutex->state, &state, state + NEXT, memory_order_acquire, /* [F1] */
                memory_order_relaxed)) /* a failure orders nothing */
            return true;
    return false;
}

static void queue_unlock(struct fair_mutex *mutex) {
    /* Relaxed: only we change the lower half, and the exchange below decides about the upper. */
    uint32_t state = atomic_load_explicit(&mutex->state, memory_order_relaxed);
    if (next_of(state) == served_of(state)) panic("fair_mutex_unlock", "the mutex must be locked");
    for (;;) {
        uint32_t served = after(state);
        /* Release: [F1] to whoever comes and finds it free; and the slot is empty. Acquire: from who
         * drew the ticket that is served now. */
        if (!atomic_compare_exchange_weak_explicit(&mutex->state, &state, served,
                                                   memory_order_acq_rel,
                                                   memory_order_relaxed)) /* we look again */
            continue;
        if (next_of(served) == served_of(served)) return;
        futex_word *slot = slot_of(mutex, served_of(served));
        /* Release: [F1]. Acquire: from the one who gave up. */
        if (atomic_exchange_explicit(slot, SERVED, memory_order_acq_rel) != GAVE_UP) {
            futex_wake(slot, 1); /* by its address: the mutex may be gone */
            return;
        }
        atomic_store_explicit(slot, EMPTY, memory_order_relaxed); /* ordered by the next exchange */
        state = served;
    }
}

/* --- barging: the three-state mutex of lesson 04 ------------------------------------------------- */

static bool barging_try(struct fair_mutex *mutex) {
    uint32_t free = FREE;
    return atomic_compare_exchange_strong_explicit(
        &mutex->extra, &free, HELD, memory_order_acquire, /* [F1] sees what was before the unlock */
        memory_order_relaxed);                            /* a failure orders nothing */
}

static bool barging_take(struct fair_mutex *mutex, uint64_t deadline_ns) {
    bool late = false;
    if (barging_try(mutex)) return true;
    /* Acquire: [F1] when it was free. */
    while (atomic_exchange_explicit(&mutex->extra, CONTENDED, memory_order_acquire) != FREE) {
        if (late) return false;
        late = futex_wait_until(&mutex->extra, CONTENDED, deadline_ns) == FUTEX_TIMED_OUT;
    }
    return true;
}

static void barging_unlock(struct fair_mutex *mutex) {
    /* Release: [F1] to whoever takes it next. */
    uint32_t was = atomic_exchange_explicit(&mutex->extra, FREE, memory_order_release);
    if (was == FREE) panic("fair_mutex_unlock", "the mutex must be locked");
    if (was == CONTENDED) futex_wake(&mutex->extra, 1);
}

/* --- which of the two ---------------------------------------------------------------------------- */

static bool take(struct fair_mutex *mutex, uint64_t deadline_ns, const char *function) {
    return mutex->bypass == FAIR_BARGING ? barging_take(mutex, deadline_ns)
                                         : queue_take(mutex, deadline_ns, function);
}
void fair_mutex_lock(struct fair_mutex *mutex) { take(mutex, FUTEX_FOREVER, "fair_mutex_lock"); }
bool fair_mutex_lock_until(struct fair_mutex *mutex, uint64_t deadline_ns) {
    return take(mutex, deadline_ns, "fair_mutex_lock_until");
}
bool fair_mutex_try_lock(struct fair_mutex *mutex) {
    return mutex->bypass == FAIR_BARGING ? barging_try(mutex) : queue_try(mutex);
}
void fair_mutex_unlock(struct fair_mutex *mutex) {
    if (mutex->bypass == FAIR_BARGING)
        barging_unlock(mutex);
    else
        queue_unlock(mutex);
}
