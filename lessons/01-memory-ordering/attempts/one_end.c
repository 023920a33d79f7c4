/* one_end.c - edges with one end.
 *
 * A release that nobody acquires, and acquires that read no release. Each half looks right where it
 * stands; an edge is a pair.
 */
#include "ordering.h"

#include "cpu.h"
#include "panic.h"

void cell_publish(struct cell *cell, const void *value) {
    if (!value) panic("cell_publish", "the pointer must not be NULL");
    /* Relaxed: a thread sees its own store. */
    if (atomic_load_explicit(&cell->value, memory_order_relaxed))
        panic("cell_publish", "a cell is published once");
    atomic_store_explicit(&cell->value, value, memory_order_release); /* the one end of P1 */
}

const void *cell_read(const struct cell *cell) {
    /* Relaxed: "who goes through the pointer must have it first". C does not say so. */
    return atomic_load_explicit(&cell->value, memory_order_relaxed);
}

enum { NEW, RUNNING, DONE };

void once_run(struct once *once, void (*run)(void *), void *argument) {
    uint32_t expected = NEW;
    /* Relaxed: "the second look will be in order". There is no second look behind DONE. */
    if (atomic_load_explicit(&once->state, memory_order_relaxed) == DONE) return;
    /* Relaxed, both: to claim it hands nothing over. */
    if (atomic_compare_exchange_strong_explicit(&once->state, &expected, RUNNING,
                                                memory_order_relaxed, memory_order_relaxed)) {
        run(argument);
        /* Release: the one end of O1. */
        atomic_store_explicit(&once->state, DONE, memory_order_release);
    }
    /* Acquire: the other end, for those who waited. */
    while (atomic_load_explicit(&once->state, memory_order_acquire) != DONE) cpu_relax();
}

void peterson_lock(struct peterson *lock, unsigned me) {
    if (me > 1) panic("peterson_lock", "a thread's number is 0 or 1");
    unsigned other = 1 - me;
    /* Relaxed: nobody else writes it. */
    if (atomic_load_explicit(&lock->wants[me], memory_order_relaxed))
        panic("peterson_lock", "the caller must not hold the lock");
    /* Release, and acquire [L1], against both orders at once. */
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
    atomic_store_explicit(&lock->wants[me], 0, memory_order_release); /* [L1] both ends */
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
    /* Release: the one end of R1. */
    uint32_t before = atomic_fetch_sub_explicit(&refcount->owners, 1, memory_order_release);
    if (before == 0) panic("refcount_release", "the caller must be an owner");
    return before == 1;
}

bool refcount_try_acquire(struct refcount *refcount) {
    /* Relaxed: added first, and taken back when there was no owner: a moment too long. */
    uint32_t seen = atomic_fetch_add_explicit(&refcount->owners, 1, memory_order_relaxed);
    if (seen >= REFCOUNT_MAX) panic("refcount_try_acquire", "there are too many owners");
    if (seen > 0) return true;
    atomic_fetch_sub_explicit(&refcount->owners, 1, memory_order_relaxed); /* as above */
    return false;
}
