/* relaxed.c - everything atomic, and nothing ordered.
 *
 * Each access is indivisible, so no word is ever torn and no count is lost. It passes on x86, too,
 * as long as the compiler leaves the order alone. But no operation here says what comes with it:
 * the pointer arrives without what it points to.
 */
#include "ordering.h"

#include "cpu.h"
#include "panic.h"

void cell_publish(struct cell *cell, const void *value) {
    if (!value) panic("cell_publish", "the pointer must not be NULL");
    /* Relaxed: a thread sees its own store. */
    if (atomic_load_explicit(&cell->value, memory_order_relaxed))
        panic("cell_publish", "a cell is published once");
    atomic_store_explicit(&cell->value, value, memory_order_relaxed); /* nothing comes along */
}

const void *cell_read(const struct cell *cell) {
    return atomic_load_explicit(&cell->value, memory_order_relaxed); /* nothing comes along */
}

enum { NEW, RUNNING, DONE };

void once_run(struct once *once, void (*run)(void *), void *argument) {
    uint32_t expected = NEW;
    /* Relaxed: so DONE says nothing about what the run wrote. */
    if (atomic_load_explicit(&once->state, memory_order_relaxed) == DONE) return;
    /* Relaxed, both: to claim it hands nothing over. */
    if (atomic_compare_exchange_strong_explicit(&once->state, &expected, RUNNING,
                                                memory_order_relaxed, memory_order_relaxed)) {
        run(argument);
        /* Relaxed: see above. */
        atomic_store_explicit(&once->state, DONE, memory_order_relaxed);
    }
    /* Relaxed: see above. */
    while (atomic_load_explicit(&once->state, memory_order_relaxed) != DONE) cpu_relax();
}

void peterson_lock(struct peterson *lock, unsigned me) {
    if (me > 1) panic("peterson_lock", "a thread's number is 0 or 1");
    unsigned other = 1 - me;
    /* Relaxed: nobody else writes it. */
    if (atomic_load_explicit(&lock->wants[me], memory_order_relaxed))
        panic("peterson_lock", "the caller must not hold the lock");
    /* Relaxed, all four: they may be seen in any order. */
    atomic_store_explicit(&lock->wants[me], 1, memory_order_relaxed);
    atomic_store_explicit(&lock->turn, other, memory_order_relaxed);
    while (atomic_load_explicit(&lock->wants[other], memory_order_relaxed) &&
           atomic_load_explicit(&lock->turn, memory_order_relaxed) == other)
        cpu_relax();
}

void peterson_unlock(struct peterson *lock, unsigned me) {
    if (me > 1) panic("peterson_unlock", "a thread's number is 0 or 1");
    /* Relaxed: nobody else writes it. */
    if (!atomic_load_explicit(&lock->wants[me], memory_order_relaxed))
        panic("peterson_unlock", "the caller must hold the lock");
    atomic_store_explicit(&lock->wants[me], 0, memory_order_relaxed); /* our work may come later */
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
    /* Relaxed: what we did to the object may be seen after our leaving. */
    uint32_t before = atomic_fetch_sub_explicit(&refcount->owners, 1, memory_order_relaxed);
    if (before == 0) panic("refcount_release", "the caller must be an owner");
    return before == 1;
}

bool refcount_try_acquire(struct refcount *refcount) {
    /* Two steps: the last owner may leave between them. */
    uint32_t seen = atomic_load_explicit(&refcount->owners, memory_order_relaxed);
    if (seen == 0) return false;
    if (seen >= REFCOUNT_MAX) panic("refcount_try_acquire", "there are too many owners");
    atomic_fetch_add_explicit(&refcount->owners, 1, memory_order_relaxed);
    return true;
}
