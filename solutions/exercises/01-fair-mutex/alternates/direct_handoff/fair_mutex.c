/* fair_mutex.c - two locks behind one name. Barging is the three-state mutex of lesson 04; every bound
 * is kept by letting nobody by at all: the unlock gives the mutex to the first waiter in its slot, and
 * it is never free while somebody waits. One wakeup a turn, where the reference needs two.
 *
 * State of the queue lock: bits 16 to 23 next, bits 8 to 15 head, bit 0 HELD. Only the holder moves
 * `head`: past those who gave up, and past its own ticket when it has got the mutex.
 *
 * Sources: the array of slots is T. E. Anderson's, "The Performance of Spin Lock Alternatives for
 * Shared-Memory Multiprocessors", IEEE TPDS 1(1), 1990; to mark what one leaves and let the releaser
 * step over it is M. L. Scott, "Non-blocking Timeout in Scalable Queue-Based Spin Locks", PODC 2002.
 */
#include "fair_mutex.h"

#include <stddef.h>

#include "panic.h"

enum { HELD = 1, CONTENDED = 2, HEAD_AT = 8, NEXT_AT = 16, TICKETS = 0xff };
enum { EMPTY, YOURS, GAVE_UP }; /* a slot */

void fair_mutex_init(struct fair_mutex *mutex, unsigned bypass) {
    if (bypass > FAIR_BYPASS_MOST && bypass != FAIR_BARGING)
        panic("fair_mutex_init", "the bound is at most FAIR_BYPASS_MOST, or it is FAIR_BARGING");
    mutex->bypass = bypass;
    /* Relaxed, all: whoever hands the mutex to another thread makes the edge. */
    atomic_store_explicit(&mutex->state, 0, memory_order_relaxed);
    atomic_store_explicit(&mutex->extra, 0, memory_order_relaxed);
    for (size_t i = 0; i < FAIR_WAITERS; i++)
        atomic_store_explicit(&mutex->slots[i], EMPTY, memory_order_relaxed); /* relaxed, too */
}

/* --- barging: 0 free, HELD, CONTENDED ------------------------------------------------------------ */

static bool barging_try(struct fair_mutex *mutex) {
    uint32_t free = 0;
    return atomic_compare_exchange_strong_explicit(
        &mutex->state, &free, HELD, memory_order_acquire, /* [F1] sees what was before the unlock */
        memory_order_relaxed);                            /* a failure orders nothing */
}

static bool barging_take(struct fair_mutex *mutex, uint64_t deadline_ns) {
    if (barging_try(mutex)) return true;
    for (bool late = false;;) {
        /* Acquire: [F1] when it was free. */
        if (atomic_exchange_explicit(&mutex->state, CONTENDED, memory_order_acquire) == 0)
            return true;
        if (late) return false;
        late = futex_wait_until(&mutex->state, CONTENDED, deadline_ns) == FUTEX_TIMED_OUT;
    }
}

static void barging_unlock(struct fair_mutex *mutex) {
    /* Release: [F1] to whoever takes it next. */
    uint32_t was = atomic_exchange_explicit(&mutex->state, 0, memory_order_release);
    if (was == 0) panic("fair_mutex_unlock", "the mutex must be locked");
    if (was == CONTENDED) futex_wake(&mutex->state, 1);
}

/* --- the queue lock ------------------------------------------------------------------------------ */

static uint32_t next_of(uint32_t state) { return state >> NEXT_AT & TICKETS; }
static uint32_t head_of(uint32_t state) { return state >> HEAD_AT & TICKETS; }
static uint32_t waiting(uint32_t state) { return (next_of(state) - head_of(state)) & TICKETS; }
static uint32_t with(uint32_t state, int at, uint32_t ticket) {
    return (state & ~((uint32_t)TICKETS << at)) | (ticket & TICKETS) << at;
}
static futex_word *slot_of(struct fair_mutex *mutex, uint32_t ticket) {
    return &mutex->slots[ticket % FAIR_WAITERS];
}

/* Acquire: [F1] when it takes a free mutex. Release: [F1] when it frees it; and what was done to a slot
 * before `head` moved on comes before its next use. */
static bool change(struct fair_mutex *mutex, uint32_t *state, uint32_t to) {
    return atomic_compare_exchange_weak_explicit(&mutex->state, state, to, memory_order_acq_rel,
                                                 memory_order_relaxed); /* relaxed: we look again */
}
static uint32_t look(struct fair_mutex *mutex) {
    return atomic_load_explicit(&mutex->state,
                                memory_order_relaxed); /* relaxed: change() decides */
}

/* The slot at the head is done with: the holder empties it and moves on. */
static void move_on(struct fair_mutex *mutex, futex_word *slot) {
    atomic_store_explicit(slot, EMPTY, memory_order_relaxed); /* relaxed: ordered by change() */
    uint32_t state = look(mutex);
    while (!change(mutex, &state, with(state, HEAD_AT, head_of(state) + 1))) continue;
}

static bool queue_take(struct fair_mutex *mutex, uint64_t deadline_ns, const char *function) {
    uint32_t state = look(mutex);
    for (;;) {
        if (!(state & HELD)) {
            if (change(mutex, &state, state | HELD)) return true; /* [F1] */
            continue;
        }
        if (waiting(state) == FAIR_WAITERS) panic(function, "at most FAIR_WAITERS threads wait");
        if (change(mutex, &state, with(state, NEXT_AT, next_of(state) + 1))) break;
    }
    futex_word *slot = slot_of(mutex, next_of(state));
    bool late = false;
    /* Acquire: [F1], pairs with the exchange in queue_unlock. */
    while (atomic_load_explicit(slot, memory_order_acquire) != YOURS) {
        uint32_t empty = EMPTY;
        /* Release: our last look comes before the slot's next use. */
        if (late && atomic_compare_exchange_strong_explicit(
                        slot, &empty, GAVE_UP, memory_order_release, memory_order_relaxed))
            return false;
        late = futex_wait_until(slot, EMPTY, deadline_ns) == FUTEX_TIMED_OUT;
    }
    move_on(mutex, slot);
    return true;
}

static bool queue_try(struct fair_mutex *mutex) {
    uint32_t state = look(mutex);
    while (!(state & HELD))
        if (change(mutex, &state, state | HELD)) return true; /* [F1] */
    return false;
}

static void queue_unlock(struct fair_mutex *mutex) {
    for (uint32_t state = look(mutex);;) {
        if (!(state & HELD)) panic("fair_mutex_unlock", "the mutex must be locked");
        if (waiting(state) == 0) {
            if (change(mutex, &state, state & ~(uint32_t)HELD)) return; /* [F1] */
            continue;
        }
        futex_word *slot = slot_of(mutex, head_of(state));
        /* Release: [F1]. Acquire: from the one who gave up. */
        if (atomic_exchange_explicit(slot, YOURS, memory_order_acq_rel) != GAVE_UP) {
            futex_wake(slot, 1); /* by its address: the mutex may be gone */
            return;
        }
        move_on(mutex, slot);
        state = look(mutex);
    }
}

/* --- which of the two ---------------------------------------------------------------------------- */

void fair_mutex_lock(struct fair_mutex *mutex) {
    if (mutex->bypass == FAIR_BARGING)
        barging_take(mutex, FUTEX_FOREVER);
    else
        queue_take(mutex, FUTEX_FOREVER, "fair_mutex_lock");
}

bool fair_mutex_lock_until(struct fair_mutex *mutex, uint64_t deadline_ns) {
    return mutex->bypass == FAIR_BARGING ? barging_take(mutex, deadline_ns)
                                         : queue_take(mutex, deadline_ns, "fair_mutex_lock_until");
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
