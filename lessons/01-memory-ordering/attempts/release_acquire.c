/* release_acquire.c - release and acquire everywhere, at both ends.
 *
 * That hands over whatever there is to be handed over: [P1], [O1] and [R1] are right. In Peterson's
 * lock nothing is handed over yet when the two threads look at each other, and both go in.
 */
#include "ordering.h"

#include "cpu.h"
#include "panic.h"

void cell_publish(struct cell *cell, const void *value) {
    if (!value) panic("cell_publish", "the pointer must not be NULL");
    /* Relaxed: a thread sees its own store. */
    if (atomic_load_explicit(&cell->value, memory_order_relaxed))
        panic("cell_publish", "a cell is published once");
    atomic_store_explicit(&cell->value, value, memory_order_release); /* [P1] */
}

const void *cell_read(const struct cell *cell) {
    return atomic_load_explicit(&cell->value, memory_order_acquire); /* [P1] */
}

enum { NEW, RUNNING, DONE };

void once_run(struct once *once, void (*run)(void *), void *argument) {
    uint32_t expected = NEW;
    /* [O1] acquire. */
    if (atomic_load_explicit(&once->state, memory_order_acquire) == DONE) return;
    /* Relaxed, both: to claim it hands nothing over. */
    if (atomic_compare_exchange_strong_explicit(&once->state, &expected, RUNNING,
                                                memory_order_relaxed, memory_order_relaxed)) {
        run(argument);
        /* [O1] release. */
        atomic_store_explicit(&once->state, DONE, memory_order_release);
    }
    /* [O1] acquire: but it burns a processor for as long as the run lasts. */
    while (atomic_load_explicit(&once->state, memory_order_acquire) != DONE) cpu_relax();
}

void peterson_lock(struct peterson *lock, unsigned me) {
    if (me > 1) panic("peterson_lock", "a thread's number is 0 or 1");
    unsigned other = 1 - me;
    /* Relaxed: nobody else writes it. */
    if (atomic_load_explicit(&lock->wants[me], memory_order_relaxed))
        panic("peterson_lock", "the caller must not hold the lock");
    /* Release, and acquire [L1]: each look may still come before our own flag is seen. */
    atomic_store_explicit(&lock->wants[me], 1, memory_order_release);
    atomic_store_explicit(&lock->turn, other, memory_order_release);
    while (atomic_load_explicit(&lock->wants[other], memory_order_acquire) &&
           atomic_load_explicit(&lock->turn, memory_order_acquire) == other)
        cpu_relax();
}

void peterson_unlock(struct peterson *lock, unsigned me) {
    if (me > 1) panic("peterson_unlock", "a thread's number is 0 or 1");
    /* Relaxed: nobody else writes it. */
    if (!atomic_load_explicit(&lock->wants[me], memory_order_relaxed))
        panic("peterson_unlock", "the caller must hold the lock");
    atomic_store_explicit(&lock->wants[me], 0, memory_order_release); /* [L1] */
}

void refcount_init(struct refcount *refcount, uint32_t owners) {
    if (owners == 0 || owners > REFCOUNT_MAX)
        panic("refcount_init", "there must be between 1 and REFCOUNT_MAX owners");
    atomic_store_explicit(&refcount->owners, owners, memory_order_relaxed); /* not shared yet */
}

/* Relaxed: the caller owns a share, and the new one is handed on by other means. */
void refcount_acquire(struct refcount *refcount) {
    uint32_t before = atomic_fetch_add_explicit(&refcount->owners, 1, memory_order_relaxed);
    if (before == 0) panic("refcount_acquire", "an owner must be left to make another");
    if (before >= REFCOUNT_MAX) panic("refcount_acquire", "there are too many owners");
}

bool refcount_release(struct refcount *refcount) {
    /* [R1] both ends, in each release. */
    uint32_t before = atomic_fetch_sub_explicit(&refcount->owners, 1, memory_order_acq_rel);
    if (before == 0) panic("refcount_release", "the caller must be an owner");
    return before == 1;
}

bool refcount_try_acquire(struct refcount *refcount) {
    /* Relaxed: no edge is promised. One attempt: another thread's success is our failure. */
    uint32_t seen = atomic_load_explicit(&refcount->owners, memory_order_relaxed);
    if (seen == 0) return false;
    if (seen >= REFCOUNT_MAX) panic("refcount_try_acquire", "there are too many owners");
    return atomic_compare_exchange_strong_explicit(&refcount->owners, &seen, seen + 1,
                                                   memory_order_relaxed, memory_order_relaxed);
}
