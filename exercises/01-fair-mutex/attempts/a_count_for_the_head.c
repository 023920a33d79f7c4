/* a_count_for_the_head.c - the bound is kept for the first in the queue, and for nobody else.
 *
 * Each new head begins with a full count. The check before each barging is right, the count is right,
 * and whoever is first is overtaken k times at most. But whoever stands third has watched two heads
 * use up their counts before its own begins: 3k. (Demand 4 is still to come: nobody gives up here.)
 *
 * The word, as bits: next 24 to 31, head 16 to 23, barged 9 to 15, before 2 to 8, SLEEPS 1, HELD 0.
 */
#include "fair_mutex.h"

#include <stddef.h>

#include "panic.h"

enum { HELD = 1, SLEEPS = 2, BEFORE_AT = 2, BARGED_AT = 9, HEAD_AT = 16, NEXT_AT = 24 };
enum { COUNTS = 0x7f, TICKETS = 0xff };

enum { EMPTY, IS_HEAD }; /* a slot */

static uint32_t next_of(uint32_t state) { return state >> NEXT_AT; }
static uint32_t head_of(uint32_t state) { return state >> HEAD_AT & TICKETS; }
static uint32_t barged_of(uint32_t state) { return state >> BARGED_AT & COUNTS; }
static uint32_t waiting(uint32_t state) { return (next_of(state) - head_of(state)) & TICKETS; }
static uint32_t overtaken(uint32_t state) {
    return (barged_of(state) - (state >> BEFORE_AT)) & COUNTS;
}

static uint32_t with_head(uint32_t state, uint32_t head) {
    return (state & ~((uint32_t)TICKETS << HEAD_AT)) | (head & TICKETS) << HEAD_AT;
}
static uint32_t with_barged(uint32_t state, uint32_t barged) {
    return (state & ~((uint32_t)COUNTS << BARGED_AT)) | (barged & COUNTS) << BARGED_AT;
}
static uint32_t with_before(uint32_t state, uint32_t barged) {
    return (state & ~((uint32_t)COUNTS << BEFORE_AT)) | barged << BEFORE_AT;
}

/* The first has gone: the next is the head, and the counting begins anew. */
static uint32_t without_head(uint32_t state) {
    state = with_head(state, head_of(state) + 1);
    return with_before(state, barged_of(state));
}

/* Acquire: [F1]; and what a slot's last user did comes before we use it. Release: the same for
 * others, since tickets are drawn and headships are given up by this word. */
static bool change(struct fair_mutex *mutex, uint32_t *state, uint32_t to) {
    return atomic_compare_exchange_weak_explicit(&mutex->state, state, to, memory_order_acq_rel,
                                                 memory_order_relaxed); /* relaxed: we look again */
}

static uint32_t look(struct fair_mutex *mutex) {
    return atomic_load_explicit(&mutex->state,
                                memory_order_relaxed); /* relaxed: change() decides */
}

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

/* May a newcomer take the mutex now? Then what the word becomes. */
static bool may_take(const struct fair_mutex *mutex, uint32_t state, uint32_t *taken) {
    if (state & HELD) return false;
    *taken = state | HELD;
    if (waiting(state) == 0 || mutex->bypass == FAIR_BARGING) return true;
    *taken = with_barged(*taken, barged_of(state) + 1);
    return overtaken(state) < mutex->bypass;
}

static futex_word *slot_of(struct fair_mutex *mutex, uint32_t ticket) {
    return &mutex->slots[ticket % FAIR_WAITERS];
}

/* We were the head, and `state` is the word in which we no longer are. Tell the next. */
static void hand_on(struct fair_mutex *mutex, uint32_t state) {
    if (waiting(state) == 0) return;
    futex_word *slot = slot_of(mutex, head_of(state));
    /* Release: what we did as the head. */
    atomic_store_explicit(slot, IS_HEAD, memory_order_release);
    futex_wake(slot, 1);
}

/* Wait in our slot until we are the head. */
static void become_head(struct fair_mutex *mutex, uint32_t ticket) {
    futex_word *slot = slot_of(mutex, ticket);
    /* Acquire: pairs with the store in hand_on. */
    while (atomic_load_explicit(slot, memory_order_acquire) != IS_HEAD) futex_wait(slot, EMPTY);
    atomic_store_explicit(slot, EMPTY, memory_order_relaxed); /* ordered by our next change() */
}

/* We are the head: take the mutex, and tell the next. */
static void take_as_head(struct fair_mutex *mutex) {
    uint32_t state = look(mutex);
    for (;;) {
        if (!(state & HELD)) {
            uint32_t taken = (without_head(state) & ~(uint32_t)SLEEPS) | HELD;
            if (!change(mutex, &state, taken)) continue; /* [F1] */
            hand_on(mutex, taken);
            return;
        }
        uint32_t asleep = state | SLEEPS;
        if (state != asleep && !change(mutex, &state, asleep)) continue;
        futex_wait(&mutex->state, asleep);
        state = look(mutex);
    }
}

void fair_mutex_lock(struct fair_mutex *mutex) {
    uint32_t state = look(mutex), taken;
    for (;;) {
        if (may_take(mutex, state, &taken)) {
            if (change(mutex, &state, taken)) return; /* [F1] */
            continue;
        }
        if (waiting(state) == FAIR_WAITERS)
            panic("fair_mutex_lock", "at most FAIR_WAITERS threads wait");
        uint32_t drawn = state + (1u << NEXT_AT); /* in the highest bits: a carry is lost */
        if (change(mutex, &state, drawn)) break;  /* the doorway: our first write */
    }
    if (waiting(state) > 0) become_head(mutex, next_of(state));
    take_as_head(mutex);
}

bool fair_mutex_lock_until(struct fair_mutex *mutex, uint64_t deadline_ns) {
    (void)deadline_ns;
    fair_mutex_lock(mutex);
    return true;
}

bool fair_mutex_try_lock(struct fair_mutex *mutex) {
    uint32_t state = look(mutex), taken;
    while (may_take(mutex, state, &taken))
        if (change(mutex, &state, taken)) return true; /* [F1] */
    return false;
}

void fair_mutex_unlock(struct fair_mutex *mutex) {
    uint32_t state = look(mutex);
    do {
        if (!(state & HELD)) panic("fair_mutex_unlock", "the mutex must be locked");
    } while (!change(mutex, &state, state & ~(uint32_t)(HELD | SLEEPS))); /* [F1] */
    /* From here on the mutex may be gone: a wake needs its address only. */
    if (state & SLEEPS) futex_wake(&mutex->state, 1);
}
