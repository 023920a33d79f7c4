/* ordering.c - another right answer to lesson 01: everything that decides is a read-modify-write.
 *
 * A read-modify-write reads the last value there is, so two threads that both write `turn` cannot
 * miss each other: Peterson's lock then does without seq_cst.
 */
#include "ordering.h"

#include "cpu.h"
#include "panic.h"

void cell_publish(struct cell *cell, const void *value) {
    const void *empty = NULL;
    /* [P1] release; relaxed when it fails, for then nothing is handed over. */
    if (!value || !atomic_compare_exchange_strong_explicit(
                      &cell->value, &empty, value, memory_order_release, memory_order_relaxed))
        panic("cell_publish", "a cell is published once, and not with NULL");
}

const void *cell_read(const struct cell *cell) {
    return atomic_load_explicit(&cell->value, memory_order_acquire); /* [P1] */
}

/* Three bits that are only ever set: it is claimed, somebody may sleep, it is over. */
enum { CLAIMED = 1, AWAITED = 2, OVER = 4 };

static void once_slow(struct once *once, void (*run)(void *), void *argument) {
    /* Relaxed: to claim it hands nothing over. */
    if (!(atomic_fetch_or_explicit(&once->state, CLAIMED, memory_order_relaxed) & CLAIMED)) {
        run(argument);
        /* [O1] release. The bits that are set behind it continue the release sequence. */
        if (atomic_fetch_or_explicit(&once->state, OVER, memory_order_release) & AWAITED)
            futex_wake(&once->state, UINT32_MAX);
        return;
    }
    /* [O1] acquire: the announcement is a look, too. */
    while (!(atomic_fetch_or_explicit(&once->state, AWAITED, memory_order_acquire) & OVER))
        futex_wait(&once->state, CLAIMED | AWAITED);
}

void once_run(struct once *once, void (*run)(void *), void *argument) {
    if (!(atomic_load_explicit(&once->state, memory_order_acquire) & OVER)) /* [O1] */
        once_slow(once, run, argument);
}

void peterson_lock(struct peterson *lock, unsigned me) {
    if (me > 1) panic("peterson_lock", "a thread's number is 0 or 1");
    unsigned other = 1 - me;
    /* Relaxed: nobody else writes it. */
    if (atomic_load_explicit(&lock->wants[me], memory_order_relaxed))
        panic("peterson_lock", "the caller must not hold the lock");
    /* Relaxed: the exchange publishes it. */
    atomic_store_explicit(&lock->wants[me], 1, memory_order_relaxed);
    /* Of two exchanges the second reads from the first: it acquires the flag that the first thread
     * released, so it cannot miss it. The first may miss the second's, and goes in. */
    atomic_exchange_explicit(&lock->turn, other, memory_order_acq_rel);
    /* [L1] acquire, both. */
    while (atomic_load_explicit(&lock->wants[other], memory_order_acquire) &&
           atomic_load_explicit(&lock->turn, memory_order_acquire) == other)
        cpu_relax();
}

void peterson_unlock(struct peterson *lock, unsigned me) {
    /* [L1] release; a number that is not held was 0 before. */
    if (me > 1 || !atomic_exchange_explicit(&lock->wants[me], 0, memory_order_release))
        panic("peterson_unlock", "the caller must hold the lock, as 0 or 1");
}

void refcount_init(struct refcount *refcount, uint32_t owners) {
    if (owners == 0 || owners > REFCOUNT_MAX)
        panic("refcount_init", "there must be between 1 and REFCOUNT_MAX owners");
    atomic_store_explicit(&refcount->owners, owners, memory_order_relaxed); /* not shared yet */
}

/* Add a share to a count that is neither 0 nor full; what it was before. Relaxed: see ordering.h, a
 * share is handed on by other means. */
static uint32_t add_unless_at_an_end(struct refcount *refcount) {
    uint32_t seen = atomic_load_explicit(&refcount->owners, memory_order_relaxed);
    while (seen != 0 && seen < REFCOUNT_MAX &&
           !atomic_compare_exchange_weak_explicit(&refcount->owners, &seen, seen + 1,
                                                  memory_order_relaxed, memory_order_relaxed)) {
    }
    return seen;
}

void refcount_acquire(struct refcount *refcount) {
    uint32_t before = add_unless_at_an_end(refcount);
    if (before == 0 || before >= REFCOUNT_MAX)
        panic("refcount_acquire", "there must be between 1 and REFCOUNT_MAX - 1 owners");
}

bool refcount_release(struct refcount *refcount) {
    /* [R1] release, and [R1] acquire: both ends in one. Only the last one needs the second. */
    uint32_t before = atomic_fetch_sub_explicit(&refcount->owners, 1, memory_order_acq_rel);
    if (before == 0) panic("refcount_release", "the caller must be an owner");
    return before == 1;
}

bool refcount_try_acquire(struct refcount *refcount) {
    uint32_t before = add_unless_at_an_end(refcount);
    if (before >= REFCOUNT_MAX) panic("refcount_try_acquire", "there are too many owners");
    return before != 0;
}
