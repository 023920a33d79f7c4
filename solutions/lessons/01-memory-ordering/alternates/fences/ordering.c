/* ordering.c - another right answer to lesson 01: relaxed operations, ordered by fences.
 *
 * A fence orders all that stands around it, where an order at an operation orders that operation's
 * message alone. Source of the rules: C17, 7.17.4.
 */
#include "ordering.h"

#include "cpu.h"
#include "panic.h"

void cell_publish(struct cell *cell, const void *value) {
    if (!value) panic("cell_publish", "the pointer must not be NULL");
    /* Relaxed: a thread sees its own store. */
    if (atomic_load_explicit(&cell->value, memory_order_relaxed))
        panic("cell_publish", "a cell is published once");
    /* [P1] what we wrote before the fence is seen by who reads a later store and then fences. */
    atomic_thread_fence(memory_order_release);
    atomic_store_explicit(&cell->value, value, memory_order_relaxed); /* behind the fence */
}

const void *cell_read(const struct cell *cell) {
    const void *value = atomic_load_explicit(&cell->value, memory_order_relaxed); /* fenced below */
    if (value) atomic_thread_fence(memory_order_acquire); /* [P1] only where there is anything */
    return value;
}

/* The state: 0, 1 while it runs, 2 while somebody may sleep meanwhile, 3 when it is over. */
enum { NEW, RUNNING, AWAITED, DONE };

static void run_and_tell(struct once *once, void (*run)(void *), void *argument) {
    run(argument);
    atomic_thread_fence(memory_order_release); /* [O1] the run comes before what we write now */
    /* Relaxed: behind the fence. */
    if (atomic_exchange_explicit(&once->state, DONE, memory_order_relaxed) == AWAITED)
        futex_wake(&once->state, UINT32_MAX);
}

void once_run(struct once *once, void (*run)(void *), void *argument) {
    uint32_t seen = NEW;
    /* Relaxed, all of them: [O1] is made by the fence below, once DONE was read. */
    while ((seen = atomic_load_explicit(&once->state, memory_order_relaxed)) != DONE) {
        if (seen == AWAITED) {
            futex_wait(&once->state, AWAITED);
        } else if (atomic_compare_exchange_strong_explicit(
                       &once->state, &seen, seen + 1, memory_order_relaxed, memory_order_relaxed) &&
                   seen == NEW) {
            run_and_tell(once, run, argument);
            return;
        }
    }
    atomic_thread_fence(memory_order_acquire); /* [O1] what was done before DONE */
}

void peterson_lock(struct peterson *lock, unsigned me) {
    if (me > 1) panic("peterson_lock", "a thread's number is 0 or 1");
    unsigned other = 1 - me;
    /* Relaxed: nobody else writes it. */
    if (atomic_load_explicit(&lock->wants[me], memory_order_relaxed))
        panic("peterson_lock", "the caller must not hold the lock");
    atomic_store_explicit(&lock->wants[me], 1, memory_order_relaxed); /* fenced below */
    /* The first fence keeps the flag before the courtesy, the second (store buffering) keeps both
     * before the look. x86 would do without the first: it keeps stores in order. */
    atomic_thread_fence(memory_order_seq_cst);
    atomic_store_explicit(&lock->turn, other, memory_order_relaxed); /* between the fences */
    atomic_thread_fence(memory_order_seq_cst);
    while (atomic_load_explicit(&lock->wants[other], memory_order_relaxed) &&
           atomic_load_explicit(&lock->turn, memory_order_relaxed) == other)
        cpu_relax();
    atomic_thread_fence(memory_order_acquire); /* [L1] what the look that let us in has read */
}

void peterson_unlock(struct peterson *lock, unsigned me) {
    if (me > 1) panic("peterson_unlock", "a thread's number is 0 or 1");
    /* Relaxed: nobody else writes it. */
    if (!atomic_load_explicit(&lock->wants[me], memory_order_relaxed))
        panic("peterson_unlock", "the caller must hold the lock");
    atomic_thread_fence(memory_order_release); /* [L1] our work comes before what we write now */
    atomic_store_explicit(&lock->wants[me], 0, memory_order_relaxed); /* behind the fence */
}

void refcount_init(struct refcount *refcount, uint32_t owners) {
    if (owners - 1 >= REFCOUNT_MAX)
        panic("refcount_init", "there must be between 1 and REFCOUNT_MAX owners");
    atomic_store_explicit(&refcount->owners, owners, memory_order_relaxed); /* not shared yet */
}

/* Relaxed: whoever gets the share gets it by an edge of the caller's. */
void refcount_acquire(struct refcount *refcount) {
    uint32_t before = atomic_fetch_add_explicit(&refcount->owners, 1, memory_order_relaxed);
    if (before - 1 >= REFCOUNT_MAX - 1)
        panic("refcount_acquire", "there must be between 1 and REFCOUNT_MAX - 1 owners");
}

bool refcount_release(struct refcount *refcount) {
    /* [R1] release, at the operation and not by a fence before it: a fence orders what stands
     * before it, and the last owner's free must come after this very access, too. */
    uint32_t before = atomic_fetch_sub_explicit(&refcount->owners, 1, memory_order_release);
    if (before == 0) panic("refcount_release", "the caller must be an owner");
    if (before == 1) atomic_thread_fence(memory_order_acquire); /* [R1] all who left before us */
    return before == 1;
}

bool refcount_try_acquire(struct refcount *refcount) {
    uint32_t seen = 1;
    /* Relaxed: as in refcount_acquire. The first try guesses that there is one owner. */
    while (!atomic_compare_exchange_strong_explicit(&refcount->owners, &seen, seen + 1,
                                                    memory_order_relaxed, memory_order_relaxed)) {
        if (seen == 0) return false;
        if (seen >= REFCOUNT_MAX) panic("refcount_try_acquire", "there are too many owners");
    }
    return true;
}
