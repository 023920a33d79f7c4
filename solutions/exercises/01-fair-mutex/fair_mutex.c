/* fair_mutex.c - reference: one algorithm, and a number that says how often one may barge.
 *
 * All that is decided is decided in one word:
 *
 *     bits 24 to 31  next     the ticket of the next to wait
 *     bits 16 to 23  head     the ticket of the first who waits; next: nobody waits
 *     bits  9 to 15  barged   how often somebody got by while somebody waited, modulo 128
 *     bits  2 to  8  before   what `barged` was when the head drew its ticket, or less for a moment
 *     bit 1          SLEEPS   the head sleeps on this word
 *     bit 0          HELD
 *
 * Who waits draws a ticket. The first in the queue, the head, waits for the mutex itself; all others
 * wait in their slots for being the head. A newcomer may take a free mutex from under the head's nose
 * while that has been overtaken less often than the bound: never for FIFO, always for barging. The
 * head that takes the mutex hands the headship on.
 *
 * Sources: the queue whose head competes with newcomers is that of Linux's qspinlock under a
 * hypervisor (Waiman Long, kernel/locking/qspinlock_paravirt.h, pv_hybrid_queued_unfair_trylock); the
 * tickets are those of D. P. Reed, R. K. Kanodia, "Synchronization with Eventcounts and Sequencers",
 * CACM 22(2), 1979; barging until a waiter has had enough is that of Go's sync.Mutex, which counts
 * milliseconds instead.
 *
 * I1  The threads that wait have the tickets head to next - 1, except for those that gave up.
 * I2  Only the head changes `head`, and only one thread is the head: who drew the ticket `head` when
 *     nobody waited, or who was told so in its slot.
 * I3  No waiter has been overtaken more often than the head, for it came first; and the head has been
 *     at most `barged` - `before` times. Both count with the step that takes the mutex, and that step
 *     looks first.
 * I4  slots[t % FAIR_WAITERS] is EMPTY when ticket t is drawn.
 */
#include "fair_mutex.h"

#include <stddef.h>

#include "panic.h"

enum { HELD = 1, SLEEPS = 2, BEFORE_AT = 2, BARGED_AT = 9, HEAD_AT = 16, NEXT_AT = 24 };
enum { COUNTS = 0x7f, TICKETS = 0xff };

/* A slot. Where overtakings are counted, who waits there puts in what `barged` was when it drew its
 * ticket, above WAITS. */
enum { EMPTY, IS_HEAD, GAVE_UP, WAITS = 4, DRAWN_AT = 3 };

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

/* The first has gone: the next is the head. If there is none, the counting begins anew (I3). */
static uint32_t without_head(uint32_t state) {
    state = with_head(state, head_of(state) + 1);
    return waiting(state) ? state : with_before(state, barged_of(state));
}

/* Acquire: [F1]; and what a slot's last user did comes before we use it (I4). Release: the same for
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
    *taken = with_barged(*taken, barged_of(state) + 1); /* I3 */
    return overtaken(state) < mutex->bypass;
}

static futex_word *slot_of(struct fair_mutex *mutex, uint32_t ticket) {
    return &mutex->slots[ticket % FAIR_WAITERS];
}

/* We were the head, and `state` is the word in which we no longer are. Tell the next. It takes a while
 * to rise, in which newcomers may have the mutex: so its count begins at once, and not when it is up. */
static void hand_on(struct fair_mutex *mutex, uint32_t state) {
    while (waiting(state) > 0) { /* I2: nobody else changes `head` before we have told somebody */
        futex_word *slot = slot_of(mutex, head_of(state));
        /* Relaxed: a number, and 0 if the next has only just drawn its ticket. */
        uint32_t waits = atomic_load_explicit(slot, memory_order_relaxed);
        if (waits & WAITS)
            while (with_before(state, waits >> DRAWN_AT) != state &&
                   !change(mutex, &state, with_before(state, waits >> DRAWN_AT)))
                continue;
        /* Release: I4, and what we did as the head. Acquire: from the one who gave up. */
        if (atomic_exchange_explicit(slot, IS_HEAD, memory_order_acq_rel) != GAVE_UP) {
            futex_wake(slot, 1);
            return;
        }
        atomic_store_explicit(slot, EMPTY, memory_order_relaxed); /* I4, ordered by change() */
        state = look(mutex);
        while (!change(mutex, &state, without_head(state))) continue;
        state = without_head(state);
    }
}

/* Wait in our slot until we are the head. False: the deadline came first, and we have left. */
static bool become_head(struct fair_mutex *mutex, uint32_t drawn, uint64_t deadline_ns) {
    futex_word *slot = slot_of(mutex, next_of(drawn));
    uint32_t empty = EMPTY, waits = EMPTY;
    bool late = false;
    if (mutex->bypass != FAIR_FIFO && mutex->bypass != FAIR_BARGING) {
        waits = WAITS | barged_of(drawn) << DRAWN_AT;
        /* Relaxed: a number; and if it fails, we are the head already, and the load below says so. */
        atomic_compare_exchange_strong_explicit(slot, &empty, waits, memory_order_relaxed,
                                                memory_order_relaxed);
    }
    /* Acquire: pairs with the exchange in hand_on. */
    while (atomic_load_explicit(slot, memory_order_acquire) != IS_HEAD) {
        uint32_t expected = waits;
        /* Release: pairs with the exchange in hand_on, which makes the slot EMPTY for the next. */
        if (late && atomic_compare_exchange_strong_explicit(
                        slot, &expected, GAVE_UP, memory_order_release, memory_order_relaxed))
            return false;
        late = futex_wait_until(slot, waits, deadline_ns) == FUTEX_TIMED_OUT;
    }
    atomic_store_explicit(slot, EMPTY, memory_order_relaxed); /* I4, ordered by our next change() */
    return true;
}

/* We are the head: take the mutex, or leave. Either way the next is told. `barged` is what it was
 * when we drew our ticket: who barged before that has not overtaken us. */
static bool take_as_head(struct fair_mutex *mutex, uint32_t barged, uint64_t deadline_ns) {
    bool late = false;
    uint32_t state = look(mutex);
    for (;;) {
        if (!(state & HELD) || late) {
            bool taken = !(state & HELD);
            uint32_t left = without_head(state) & ~(uint32_t)SLEEPS;
            uint32_t to = taken ? left | HELD : left;
            if (!change(mutex, &state, to)) continue; /* [F1] */
            hand_on(mutex, to);
            return taken;
        }
        uint32_t asleep = with_before(state, barged) | SLEEPS;
        if (state != asleep && !change(mutex, &state, asleep)) continue;
        late = futex_wait_until(&mutex->state, asleep, deadline_ns) == FUTEX_TIMED_OUT;
        state = look(mutex);
    }
}

static __attribute__((noinline)) bool take(struct fair_mutex *mutex, uint64_t deadline_ns,
                                           const char *function) {
    uint32_t state = look(mutex), taken;
    for (;;) {
        if (may_take(mutex, state, &taken)) {
            if (change(mutex, &state, taken)) return true; /* [F1] */
            continue;
        }
        if (waiting(state) == FAIR_WAITERS) panic(function, "at most FAIR_WAITERS threads wait");
        uint32_t drawn = state + (1u << NEXT_AT); /* in the highest bits: a carry is lost */
        if (change(mutex, &state, drawn)) break;  /* the doorway: our first write */
    }
    if (waiting(state) > 0 && !become_head(mutex, state, deadline_ns)) return false;
    return take_as_head(mutex, barged_of(state), deadline_ns);
}

void fair_mutex_lock(struct fair_mutex *mutex) {
    uint32_t state = look(mutex);
    bool idle = !(state & HELD) && waiting(state) == 0;
    if (idle && change(mutex, &state, state | HELD)) return; /* [F1]; the rest is out of the way */
    take(mutex, FUTEX_FOREVER, "fair_mutex_lock");
}

bool fair_mutex_lock_until(struct fair_mutex *mutex, uint64_t deadline_ns) {
    return take(mutex, deadline_ns, "fair_mutex_lock_until");
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
