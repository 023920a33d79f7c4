/* ordering.c - the reference answer of lesson 01: a cell, a once, Peterson's lock, a count.
 *
 * Sources: G. L. Peterson, "Myths About the Mutual Exclusion Problem", IPL 12(3), 1981; D. Schmidt,
 * T. Harrison, "Double-Checked Locking", PLoPD 3, 1997, mended as in D. Bacon et al., "The
 * 'Double-Checked Locking is Broken' Declaration", 2000; the reference count as in Rust's
 * alloc::sync::Arc. We depart from the latter in that the limit panics in the thread that meets it.
 */
#include "ordering.h"

#include "cpu.h"
#include "panic.h"

/* --- The publication cell -------------------------------------------------------------------- */

void cell_publish(struct cell *cell, const void *value) {
    if (!value) panic("cell_publish", "the pointer must not be NULL");
    /* Relaxed: only this thread publishes, and a thread sees its own store without any order. */
    if (atomic_load_explicit(&cell->value, memory_order_relaxed))
        panic("cell_publish", "a cell is published once");
    /* [P1] release: whoever reads this pointer sees what we wrote before. */
    atomic_store_explicit(&cell->value, value, memory_order_release);
}

const void *cell_read(const struct cell *cell) {
    /* [P1] acquire: with the pointer comes what its publisher wrote before. */
    return atomic_load_explicit(&cell->value, memory_order_acquire);
}

/* --- One-time initialisation ------------------------------------------------------------------
 *
 *   value    meaning                          who sets it               who ends it
 *   NEW      nobody has come                  zero bytes                the first caller
 *   RUNNING  it runs; nobody sleeps           the first caller          the runner; a waiter
 *   AWAITED  it runs; somebody may sleep      a waiter about to sleep   the runner
 *   DONE     it is over                       the runner                nobody
 *
 *   I1  Whoever changes NEW runs it, and nobody else does; only the runner writes DONE.
 *   I2  While a thread sleeps, `state` is AWAITED, or the runner has yet to wake everybody.
 */
enum state { NEW, RUNNING, AWAITED, DONE };

static void run_and_tell(struct once *once, void (*run)(void *), void *argument) {
    run(argument);
    /* [O1] release: whoever reads DONE sees what the run did. */
    if (atomic_exchange_explicit(&once->state, DONE, memory_order_release) == AWAITED)
        futex_wake(&once->state, UINT32_MAX); /* all: there is nothing to take turns for (I2) */
}

static void await(struct once *once) {
    for (;;) {
        /* [O1] acquire: the same end as the fast path's, for those who came too early for that. */
        uint32_t seen = atomic_load_explicit(&once->state, memory_order_acquire);
        if (seen == DONE) return;
        /* Relaxed, both: an announcement hands nothing over. Weak: should it fail for no reason, we
         * look again, as we do when it fails for one. */
        if (seen == AWAITED ||
            atomic_compare_exchange_weak_explicit(&once->state, &seen, AWAITED,
                                                  memory_order_relaxed, memory_order_relaxed))
            futex_wait(&once->state, AWAITED); /* a return says: look again */
    }
}

static __attribute__((noinline)) void once_slow(struct once *once, void (*run)(void *),
                                                void *argument) {
    uint32_t expected = NEW;
    /* Relaxed, both: the winner needs nothing of the losers, and a loser looks again in await(),
     * with acquire. Strong: to fail for no reason would leave nobody to run it. */
    if (atomic_compare_exchange_strong_explicit(&once->state, &expected, RUNNING,
                                                memory_order_relaxed, memory_order_relaxed))
        run_and_tell(once, run, argument);
    else
        await(once);
}

void once_run(struct once *once, void (*run)(void *), void *argument) {
    /* [O1] acquire: DONE alone proves nothing about memory; DONE read with acquire does. */
    if (atomic_load_explicit(&once->state, memory_order_acquire) != DONE)
        once_slow(once, run, argument);
}

/* --- Peterson's lock --------------------------------------------------------------------------
 *
 *   I3  wants[n] is 1 from before thread n's look at the other until its unlock.
 *   I4  Of two threads that both want, the one that wrote `turn` last waits.
 *
 * The seq_cst operations below are needed for one shape, store buffering: each thread writes its
 * own flag and then reads the other's, and it must not be that both read the old value.
 */
void peterson_lock(struct peterson *lock, unsigned me) {
    if (me > 1) panic("peterson_lock", "a thread's number is 0 or 1");
    unsigned other = 1 - me;
    /* Relaxed: nobody else writes it. */
    if (atomic_load_explicit(&lock->wants[me], memory_order_relaxed))
        panic("peterson_lock", "the caller must not hold the lock");
    /* seq_cst, three times (store buffering): our flag, then our courtesy, then the look at the
     * other's flag stand in one order with the other thread's. [L1] The looks acquire: one reads
     * the 0 of the other's unlock, or else what the other wrote after that, as it came again.
     * `turn` may be read by acquire alone: we wrote it, so what we read is ours or newer (I4). */
    atomic_store_explicit(&lock->wants[me], 1, memory_order_seq_cst);
    atomic_store_explicit(&lock->turn, other, memory_order_seq_cst);
    while (atomic_load_explicit(&lock->wants[other], memory_order_seq_cst) &&
           atomic_load_explicit(&lock->turn, memory_order_acquire) == other)
        cpu_relax();
}

void peterson_unlock(struct peterson *lock, unsigned me) {
    if (me > 1) panic("peterson_unlock", "a thread's number is 0 or 1");
    /* Relaxed: nobody else writes it. */
    if (!atomic_load_explicit(&lock->wants[me], memory_order_relaxed))
        panic("peterson_unlock", "the caller must hold the lock");
    /* [L1] release: what we did under the lock is seen by the look that reads this 0. Not seq_cst:
     * to be seen late only makes the other wait a little longer. */
    atomic_store_explicit(&lock->wants[me], 0, memory_order_release);
}

/* --- The reference count ----------------------------------------------------------------------
 *
 *   I5  `owners` is the number of shares that have not been given up. It leaves 0 never again.
 */
void refcount_init(struct refcount *refcount, uint32_t owners) {
    if (owners == 0 || owners > REFCOUNT_MAX)
        panic("refcount_init", "there must be between 1 and REFCOUNT_MAX owners");
    /* Relaxed: no other thread knows the object yet. */
    atomic_store_explicit(&refcount->owners, owners, memory_order_relaxed);
}

void refcount_acquire(struct refcount *refcount) {
    /* Relaxed: the caller owns a share, so the count cannot reach 0 meanwhile, and to hand the new
     * share to another thread takes an edge that is not ours to make. */
    uint32_t before = atomic_fetch_add_explicit(&refcount->owners, 1, memory_order_relaxed);
    if (before == 0) panic("refcount_acquire", "an owner must be left to make another");
    if (before >= REFCOUNT_MAX) panic("refcount_acquire", "there are too many owners");
}

bool refcount_release(struct refcount *refcount) {
    /* [R1] release: what we did to the object comes before our leaving. The others' acquires and
     * releases, being read-modify-writes, continue the release sequence that begins here. */
    uint32_t before = atomic_fetch_sub_explicit(&refcount->owners, 1, memory_order_release);
    if (before == 0) panic("refcount_release", "the caller must be an owner");
    if (before > 1) return false; /* and not a look more: the object may be gone */
    /* [R1] acquire, for the last one only: it alone goes on to use what the others left behind. The
     * count that it read lies in the release sequence of every release before. */
    atomic_thread_fence(memory_order_acquire);
    return true;
}

bool refcount_try_acquire(struct refcount *refcount) {
    /* Relaxed, all three: as in refcount_acquire. A count that is old is found out by the exchange,
     * and 0 is never old: no count follows it (I5). */
    uint32_t seen = atomic_load_explicit(&refcount->owners, memory_order_relaxed);
    do {
        if (seen == 0) return false;
        if (seen >= REFCOUNT_MAX) panic("refcount_try_acquire", "there are too many owners");
    } while (!atomic_compare_exchange_weak_explicit(&refcount->owners, &seen, seen + 1,
                                                    memory_order_relaxed, memory_order_relaxed));
    return true;
}
