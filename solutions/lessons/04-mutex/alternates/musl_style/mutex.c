/* mutex.c - an alternate in the manner of musl: one word that counts everybody who is there.
 *
 * Source: musl, src/thread/__lock.c (algorithm by Jens Gustedt). The word is LOCKED plus the number
 * of threads that hold or want the mutex. So an unlock knows whether others are there, in the same
 * step that frees it.
 *
 *   I1  Whoever sets LOCKED holds the mutex; only the holder takes it away.
 *   I2  The count includes the holder, each sleeper, and each thread about to sleep.
 */
#include "mutex.h"

#include "clock.h"
#include "cpu.h"
#include "panic.h"

#define LOCKED UINT32_C(0x80000000)
#define PAUSES 100 /* between two looks; musl: one, and a hundred looks */

static bool take_alone(struct mutex *mutex) {
    uint32_t expected = 0;
    return atomic_compare_exchange_strong_explicit(
        &mutex->state, &expected, LOCKED + 1,
        memory_order_acquire,  /* [M1] sees all that was done before the unlock */
        memory_order_relaxed); /* a failure orders nothing */
}

static bool spin(struct mutex *mutex) {
    for (int looks = 0; looks < MUTEX_SPIN_LIMIT; looks++) {
        if (take_alone(mutex)) return true;
        for (int pauses = 0; pauses < PAUSES; pauses++) cpu_relax();
    }
    return false;
}

/* We are counted already: take the mutex if it is free; otherwise *seen is how it was. */
static bool take_counted(struct mutex *mutex, uint32_t *seen) {
    while (!(*seen & LOCKED))
        if (atomic_compare_exchange_weak_explicit(
                &mutex->state, seen, *seen | LOCKED,
                memory_order_acquire, /* [M1] the count's changes are read-modify-writes, so the
                                         unlock's release sequence reaches us through them */
                memory_order_relaxed))
            return true;
    return false;
}

static bool lock_slow(struct mutex *mutex, uint64_t deadline_ns) {
    if (spin(mutex)) return true;
    /* Relaxed: counts us in; take_counted makes the edge. */
    uint32_t seen = atomic_fetch_add_explicit(&mutex->state, 1, memory_order_relaxed) + 1;
    while (!take_counted(mutex, &seen)) {
        if (futex_wait_until(&mutex->state, seen, deadline_ns) == FUTEX_TIMED_OUT) {
            atomic_fetch_sub_explicit(&mutex->state, 1, memory_order_relaxed); /* counts us out */
            return false;
        }
        seen = atomic_load_explicit(&mutex->state, memory_order_relaxed); /* a hint */
    }
    return true;
}

void mutex_lock(struct mutex *mutex) {
    if (!take_alone(mutex)) lock_slow(mutex, FUTEX_FOREVER);
}

/* Others may be counted though nobody holds it: take it all the same. */
bool mutex_try_lock(struct mutex *mutex) {
    uint32_t seen = atomic_load_explicit(&mutex->state, memory_order_relaxed); /* a hint */
    while (!(seen & LOCKED))
        if (atomic_compare_exchange_weak_explicit(&mutex->state, &seen, (seen | LOCKED) + 1,
                                                  memory_order_acquire, /* [M1] as take_alone */
                                                  memory_order_relaxed))
            return true;
    return false;
}

bool mutex_lock_until(struct mutex *mutex, uint64_t deadline_ns) {
    if (mutex_try_lock(mutex)) return true;
    return clock_now_ns() < deadline_ns && lock_slow(mutex, deadline_ns);
}

void mutex_unlock(struct mutex *mutex) {
    /* [M1] release: what we did under the lock is seen by the next taker. Our last look, too. */
    uint32_t before = atomic_fetch_sub_explicit(&mutex->state, LOCKED + 1, memory_order_release);
    if (!(before & LOCKED)) panic("mutex_unlock", "the mutex must be locked");
    if (before != LOCKED + 1) futex_wake(&mutex->state, 1);
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
