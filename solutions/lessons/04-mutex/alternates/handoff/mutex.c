/* mutex.c - an alternate that hands the mutex over instead of freeing it.
 *
 * An unlock that finds waiters does not free the mutex: it leaves it LOCKED with a GRANT in it, and
 * the first waiter to look takes the grant. Nobody who comes late can be quicker. The idea of a
 * counted lock whose unlock passes one permit on is the benaphore's (Benoit Schillings, "Be
 * Engineering Insights: Benaphores", Be Newsletter 26, 1996); here lock, permit and count share one
 * word, so that giving up is one step, too.
 *
 *   bit 0    LOCKED   held, or granted
 *   bit 1    GRANT    nobody holds it yet: it belongs to the first waiter that looks
 *   above    number of threads that wait (WAITER each)
 *
 *   I1  Whoever sets LOCKED, or takes GRANT away, holds the mutex.
 *   I2  GRANT stands only while LOCKED does, and a waiter is there or about to be counted out.
 */
#include "mutex.h"

#include "clock.h"
#include "cpu.h"
#include "panic.h"

#define LOCKED UINT32_C(1)
#define GRANT  UINT32_C(2)
#define WAITER UINT32_C(4)

/* Change the word from *seen: acquire, in case the change takes the mutex [M1]. */
static bool change(struct mutex *mutex, uint32_t *seen, uint32_t to) {
    return atomic_compare_exchange_weak_explicit(
        &mutex->state, seen, to,
        memory_order_acquire,  /* [M1] sees all that was done before the unlock; changes between
                                  are read-modify-writes, so its release sequence reaches us */
        memory_order_relaxed); /* a failure orders nothing: look again */
}

static uint32_t look(struct mutex *mutex) {
    return atomic_load_explicit(&mutex->state, memory_order_relaxed); /* a hint; change() decides */
}

/* Take a free mutex, or be counted as a waiter: true if taken. */
static bool take_or_join(struct mutex *mutex) {
    uint32_t seen = look(mutex);
    for (;;) {
        if (!(seen & LOCKED)) {
            if (change(mutex, &seen, seen | LOCKED)) return true;
        } else if (change(mutex, &seen, seen + WAITER)) {
            return false;
        }
    }
}

/* A waiter that takes the grant, or the free mutex, or (if `leaving`) goes without: 1 taken, 0 gone,
 * -1 neither, and *seen is the word to sleep on. */
static int take_or_leave(struct mutex *mutex, uint32_t *seen, bool leaving) {
    *seen = look(mutex);
    for (;;) {
        if (*seen & GRANT || !(*seen & LOCKED)) {
            if (change(mutex, seen, ((*seen | LOCKED) & ~GRANT) - WAITER)) return 1;
        } else if (!leaving) {
            return -1;
        } else if (change(mutex, seen, *seen - WAITER)) {
            return 0;
        }
    }
}

static bool wait_for(struct mutex *mutex, uint64_t deadline_ns) {
    bool leaving = false;
    for (;;) {
        uint32_t seen;
        int taken = take_or_leave(mutex, &seen, leaving);
        if (taken >= 0) return taken;
        leaving = futex_wait_until(&mutex->state, seen, deadline_ns) == FUTEX_TIMED_OUT;
    }
}

void mutex_lock(struct mutex *mutex) {
    if (!take_or_join(mutex)) wait_for(mutex, FUTEX_FOREVER);
}

bool mutex_try_lock(struct mutex *mutex) {
    uint32_t seen = look(mutex);
    while (!(seen & LOCKED))
        if (change(mutex, &seen, seen | LOCKED)) return true;
    return false;
}

bool mutex_lock_until(struct mutex *mutex, uint64_t deadline_ns) {
    if (mutex_try_lock(mutex)) return true;
    if (clock_now_ns() >= deadline_ns) return false;
    return take_or_join(mutex) || wait_for(mutex, deadline_ns);
}

void mutex_unlock(struct mutex *mutex) {
    uint32_t seen = look(mutex);
    for (;;) {
        if (!(seen & LOCKED) || seen & GRANT) panic("mutex_unlock", "the mutex must be locked");
        uint32_t to = seen < WAITER ? seen & ~LOCKED : seen | GRANT;
        if (atomic_compare_exchange_weak_explicit(
                &mutex->state, &seen, to,
                memory_order_release, /* [M1] what we did under the lock is seen by the next taker */
                memory_order_relaxed))
            break;
    }
    if (seen >= WAITER) futex_wake(&mutex->state, 1); /* the address only: the mutex may be gone */
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
