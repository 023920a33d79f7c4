/* guarded_list.c - the contract word for word, behind a small lock of its own.
 *
 * `extra` is that lock, the guard: the three-state mutex of lesson 04, held for a few instructions.
 * Under it everything is plain bookkeeping: who takes the mutex while others wait adds 1 to the count
 * of each. One can read off that the bound holds.
 *
 * It holds for those who have got through the guard. Before it they wait, too, and the guard is a
 * barging lock: whoever is quick enters it again and again before the one that it woke. How fair a lock
 * is is decided where threads first meet.
 */
#include "fair_mutex.h"

#include <stddef.h>

#include "panic.h"

enum { HELD = 1, HEAD_AT = 8, NEXT_AT = 16, TICKETS = 0xff };
enum { COUNT = 0xff, LOOK = 0x100, GAVE_UP = 0x200 }; /* a slot */

/* All words but the guard are read and written under it, so relaxed is enough for them; but a sleeper's
 * slot is looked at by the kernel, too, so they are atomic. */
static uint32_t get(futex_word *word) {
    return atomic_load_explicit(word, memory_order_relaxed); /* relaxed: see above */
}
static void set(futex_word *word, uint32_t value) {
    atomic_store_explicit(word, value, memory_order_relaxed); /* relaxed: see above */
}

static bool guard_try(struct fair_mutex *mutex) {
    uint32_t open = 0;
    return atomic_compare_exchange_strong_explicit(
        &mutex->extra, &open, 1, memory_order_acquire, /* [F1] by way of guard_leave */
        memory_order_relaxed);                         /* a failure orders nothing */
}
static void guard_enter(struct fair_mutex *mutex) {
    if (guard_try(mutex)) return;
    /* Acquire: as in guard_try. */
    while (atomic_exchange_explicit(&mutex->extra, 2, memory_order_acquire) != 0)
        futex_wait(&mutex->extra, 2);
}
static void guard_leave(struct fair_mutex *mutex) {
    /* Release: [F1] to whoever enters next. After it the mutex may be gone. */
    if (atomic_exchange_explicit(&mutex->extra, 0, memory_order_release) == 2)
        futex_wake(&mutex->extra, 1);
}

static uint32_t next_of(uint32_t state) { return state >> NEXT_AT & TICKETS; }
static uint32_t head_of(uint32_t state) { return state >> HEAD_AT & TICKETS; }
static uint32_t waiting(uint32_t state) { return (next_of(state) - head_of(state)) & TICKETS; }
static uint32_t with(uint32_t state, int at, uint32_t ticket) {
    return (state & ~((uint32_t)TICKETS << at)) | (ticket & TICKETS) << at;
}
static futex_word *slot_of(struct fair_mutex *mutex, uint32_t ticket) {
    return &mutex->slots[ticket % FAIR_WAITERS];
}

void fair_mutex_init(struct fair_mutex *mutex, unsigned bypass) {
    if (bypass > FAIR_BYPASS_MOST && bypass != FAIR_BARGING)
        panic("fair_mutex_init", "the bound is at most FAIR_BYPASS_MOST, or it is FAIR_BARGING");
    mutex->bypass = bypass;
    set(&mutex->state, 0);
    set(&mutex->extra, 0);
    for (size_t i = 0; i < FAIR_WAITERS; i++) set(&mutex->slots[i], 0);
}

/* A newcomer takes the mutex if it may. The guard is held. */
static bool take(struct fair_mutex *mutex) {
    uint32_t state = get(&mutex->state);
    if (state & HELD) return false;
    bool counts = mutex->bypass != FAIR_BARGING;
    for (uint32_t n = 0; counts && n < waiting(state); n++) {
        uint32_t slot = get(slot_of(mutex, head_of(state) + n));
        if (!(slot & GAVE_UP) && (slot & COUNT) >= mutex->bypass) return false;
    }
    for (uint32_t n = 0; counts && n < waiting(state); n++) {
        futex_word *slot = slot_of(mutex, head_of(state) + n);
        set(slot, get(slot) + 1);
    }
    set(&mutex->state, state | HELD);
    return true;
}

/* Take from the head what has given up, and tell the first that is left to look, if there is something
 * to see. Returns its slot, which is to be woken when the guard has been left, or NULL. */
static futex_word *call_head(struct fair_mutex *mutex) {
    uint32_t state = get(&mutex->state);
    while (waiting(state) && get(slot_of(mutex, head_of(state))) & GAVE_UP) {
        set(slot_of(mutex, head_of(state)), 0);
        state = with(state, HEAD_AT, head_of(state) + 1);
    }
    set(&mutex->state, state);
    if (state & HELD || waiting(state) == 0) return NULL;
    futex_word *slot = slot_of(mutex, head_of(state));
    set(slot, get(slot) | LOOK);
    return slot;
}

/* Wait in our place until we are the head and the mutex is free, or until the deadline. The guard is
 * held, and left at the end. */
static bool wait_in_line(struct fair_mutex *mutex, uint32_t ticket, uint64_t deadline_ns) {
    futex_word *slot = slot_of(mutex, ticket);
    for (bool late = false;;) {
        uint32_t state = get(&mutex->state);
        if (!(state & HELD) && head_of(state) == ticket) {
            set(slot, 0);
            set(&mutex->state, with(state, HEAD_AT, ticket + 1) | HELD);
            guard_leave(mutex);
            return true;
        }
        if (late) {
            set(slot, GAVE_UP);
            futex_word *next = call_head(mutex);
            guard_leave(mutex);
            if (next) futex_wake(next, 1);
            return false;
        }
        uint32_t seen = get(slot) & ~(uint32_t)LOOK;
        set(slot, seen);
        guard_leave(mutex);
        late = futex_wait_until(slot, seen, deadline_ns) == FUTEX_TIMED_OUT;
        guard_enter(mutex);
    }
}

static bool lock_until(struct fair_mutex *mutex, uint64_t deadline_ns, const char *function) {
    guard_enter(mutex);
    if (take(mutex)) {
        guard_leave(mutex);
        return true;
    }
    uint32_t state = get(&mutex->state), ticket = next_of(state);
    if (waiting(state) == FAIR_WAITERS) panic(function, "at most FAIR_WAITERS threads wait");
    set(&mutex->state, with(state, NEXT_AT, ticket + 1));
    return wait_in_line(mutex, ticket, deadline_ns);
}

void fair_mutex_lock(struct fair_mutex *mutex) {
    lock_until(mutex, FUTEX_FOREVER, "fair_mutex_lock");
}

bool fair_mutex_lock_until(struct fair_mutex *mutex, uint64_t deadline_ns) {
    return lock_until(mutex, deadline_ns, "fair_mutex_lock_until");
}

bool fair_mutex_try_lock(struct fair_mutex *mutex) {
    if (!guard_try(mutex)) return false;
    bool taken = take(mutex);
    guard_leave(mutex);
    return taken;
}

void fair_mutex_unlock(struct fair_mutex *mutex) {
    guard_enter(mutex);
    uint32_t state = get(&mutex->state);
    if (!(state & HELD)) panic("fair_mutex_unlock", "the mutex must be locked");
    set(&mutex->state, state & ~(uint32_t)HELD);
    futex_word *head = call_head(mutex);
    guard_leave(mutex);
    if (head) futex_wake(head, 1);
}
