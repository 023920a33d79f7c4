/* one_fence.c - fences, one for each object, and not always where they belong.
 *
 * A release fence belongs before the store that tells, an acquire fence behind the load that is
 * told. Peterson's lock needs two full ones: behind the flag, and behind the turn.
 */
#include "ordering.h"

#include "cpu.h"
#include "panic.h"

void cell_publish(struct cell *cell, const void *value) {
    if (!value) panic("cell_publish", "the pointer must not be NULL");
    /* Relaxed: a thread sees its own store. */
    if (atomic_load_explicit(&cell->value, memory_order_relaxed))
        panic("cell_publish", "a cell is published once");
    atomic_thread_fence(memory_order_release); /* [P1] before the store that tells */
    atomic_store_explicit(&cell->value, value, memory_order_relaxed); /* behind the fence */
}

const void *cell_read(const struct cell *cell) {
    const void *value = atomic_load_explicit(&cell->value, memory_order_relaxed); /* fenced below */
    atomic_thread_fence(memory_order_acquire); /* [P1] behind the load that is told */
    return value;
}

enum { NEW, RUNNING, DONE };

void once_run(struct once *once, void (*run)(void *), void *argument) {
    uint32_t expected = NEW;
    atomic_thread_fence(memory_order_seq_cst); /* before the look: it orders nothing behind it */
    if (atomic_load_explicit(&once->state, memory_order_relaxed) == DONE) return;
    /* Relaxed, both: to claim it hands nothing over. */
    if (atomic_compare_exchange_strong_explicit(&once->state, &expected, RUNNING,
                                                memory_order_relaxed, memory_order_relaxed)) {
        run(argument);
        atomic_thread_fence(memory_order_seq_cst); /* "the strongest is surely enough" */
        atomic_store_explicit(&once->state, DONE, memory_order_relaxed);
    }
    atomic_thread_fence(memory_order_seq_cst); /* before the loads: it orders none of them */
    while (atomic_load_explicit(&once->state, memory_order_relaxed) != DONE) cpu_relax();
}

void peterson_lock(struct peterson *lock, unsigned me) {
    if (me > 1) panic("peterson_lock", "a thread's number is 0 or 1");
    unsigned other = 1 - me;
    /* Relaxed: nobody else writes it. */
    if (atomic_load_explicit(&lock->wants[me], memory_order_relaxed))
        panic("peterson_lock", "the caller must not hold the lock");
    /* Relaxed: fenced below. Acquire, at the looks [L1]. */
    atomic_store_explicit(&lock->wants[me], 1, memory_order_relaxed);
    atomic_store_explicit(&lock->turn, other, memory_order_relaxed);
    atomic_thread_fence(memory_order_seq_cst); /* flag and turn may still be seen in any order */
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
    atomic_thread_fence(memory_order_acq_rel); /* of both ends of R1 only the release is here */
    /* Relaxed: behind the fence. */
    uint32_t before = atomic_fetch_sub_explicit(&refcount->owners, 1, memory_order_relaxed);
    if (before == 0) panic("refcount_release", "the caller must be an owner");
    return before == 1;
}

bool refcount_try_acquire(struct refcount *refcount) {
    /* Relaxed: a fence would not make one step out of two. */
    uint32_t seen = atomic_load_explicit(&refcount->owners, memory_order_relaxed);
    if (seen == 0) return false;
    if (seen >= REFCOUNT_MAX) panic("refcount_try_acquire", "there are too many owners");
    atomic_fetch_add_explicit(&refcount->owners, 1, memory_order_relaxed);
    return true;
}
