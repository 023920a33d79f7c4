/* ordering.h - the contract of lesson 01: four small objects that stand on memory order alone.
 *
 *   struct cell      one thread publishes a pointer, any number read it
 *   struct once      many threads ask for one initialisation, and it happens once
 *   struct peterson  two threads exclude each other with loads and stores
 *   struct refcount  many owners share an object, and the last one ends it
 *
 *     static struct cell current = CELL_INIT;
 *
 *     void install(struct settings *settings) {
 *         settings->workers = 8;             // plain writes ...
 *         cell_publish(&current, settings);  // ... that a reader of the pointer sees
 *     }
 *     unsigned workers(void) {
 *         const struct settings *settings = cell_read(&current);
 *         return settings ? settings->workers : 1;
 *     }
 *
 * Happens-before edges, named at both their ends in every implementation:
 *   [P1]  everything before cell_publish happens-before the return of each cell_read that returns
 *         the pointer.
 *   [O1]  everything that the initialisation did happens-before the return of each once_run.
 *   [L1]  everything before a peterson_unlock happens-before the return of the peterson_lock that
 *         follows it in the order in which the lock is held.
 *   [R1]  everything before each refcount_release that returned false happens-before the return of
 *         the refcount_release that returned true.
 */
#ifndef HB_ORDERING_H
#define HB_ORDERING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "futex.h"

/* A publication cell: empty, then for ever the pointer that was published. Zero bytes everywhere
 * are an empty one.
 *
 *                     cell_publish   cell_read
 *   the one writer    -              yes
 *   any other thread  -              yes, beside the writer
 */
struct cell {
    _Atomic(const void *) value;
};

#define CELL_INIT                                                                                  \
    { NULL }

/* Publish the pointer, and with it all that the caller wrote before.
 *
 * Threads:   one, once; beside any number of readers. (A thread that comes to it behind the writer,
 *            by a happens-before edge of its own, is told of its mistake; two that come at the same
 *            time break the rule unseen.)
 * Order:     [P1] everything before this call happens-before each read that returns the pointer.
 * Progress:  wait-free; no system call.
 * Errors:    NULL, or a cell that has been published already: panics ("cell_publish").
 * Memory:    what the pointer points to must outlive its last reader; the cell does not own it.
 */
void cell_publish(struct cell *cell, const void *value);

/* The published pointer, or NULL while there is none.
 *
 * Threads:   any.
 * Order:     [P1] when the result is not NULL; none when it is.
 * Progress:  wait-free; no system call; does not write to the cell.
 */
const void *cell_read(const struct cell *cell);

/* One-time initialisation. Zero bytes everywhere are one that has not run. It must not move while a
 * call is under way.
 */
struct once {
    futex_word state;
};

#define ONCE_INIT                                                                                  \
    { 0 }

/* See to it that run(argument) has been done: by this call, or by another one.
 *
 * Threads:   any number at once. All calls of one object should pass the same function: the one
 *            that is run is that of the first to come. It must not call once_run on the same
 *            object, which would wait for itself, for ever.
 * Order:     [O1] everything that the run did happens-before this return.
 * Progress:  once the run is over: wait-free, a look at the object and no write to it. While it
 *            lasts: blocking; a caller sleeps until the run is over. No system call unless calls
 *            overlap: who runs alone neither waits nor wakes.
 */
void once_run(struct once *once, void (*run)(void *), void *argument);

/* A lock for two threads, made of loads and stores. Zero bytes everywhere are a free one.
 *
 * Each thread has a number, 0 or 1, and always gives its own:
 *
 *                   peterson_lock   peterson_unlock
 *   the holder      -               yes
 *   the other       yes             -
 */
struct peterson {
    _Atomic(uint32_t) wants[2]; /* written by the thread of that number only */
    _Atomic(uint32_t) turn;     /* which thread goes first when both want to */
};

#define PETERSON_INIT                                                                              \
    { {0}, 0 }

/* Take the lock; spin as long as it takes.
 *
 * me:        this thread's number, 0 or 1.
 *
 * Threads:   two, each with its own number.
 * Order:     [L1] everything before the previous unlock happens-before this return.
 * Progress:  blocking, without a system call. A lock that the other thread does not want is taken
 *            at once. A thread that waits is overtaken at most once.
 * Errors:    a number other than 0 and 1, or a lock that the caller holds: panics
 *            ("peterson_lock").
 * Source:    Gary L. Peterson, "Myths About the Mutual Exclusion Problem", Information Processing
 *            Letters 12(3), 1981.
 */
void peterson_lock(struct peterson *lock, unsigned me);

/* Let the lock go.
 *
 * Threads:   the holder.
 * Order:     [L1] everything before this call happens-before the next lock's return.
 * Progress:  wait-free; no system call.
 * Errors:    a number other than 0 and 1, or a lock that the caller does not hold: panics
 *            ("peterson_unlock").
 */
void peterson_unlock(struct peterson *lock, unsigned me);

/* How many owners an object has. Whoever owns may use the object, make further owners, and must
 * give up its share; whoever gives up the last one ends the object.
 *
 *                    refcount_acquire   refcount_release   refcount_try_acquire
 *   an owner         yes                yes                yes
 *   any other        -                  -                  yes(1)
 *
 *   (1) as long as the memory of the count itself is there: for this the object's end must not be
 *       the end of its count.
 */
struct refcount {
    _Atomic(uint32_t) owners;
};

/* More owners than this are a bug somewhere, such as releases that were forgotten in a loop. It is
 * far below the largest number that fits, so that threads which arrive at the limit together panic
 * before the count wraps. */
#define REFCOUNT_MAX ((uint32_t)INT32_MAX)

/* Begin with this many owners.
 *
 * Threads:   one, before any other thread knows the object.
 * Progress:  wait-free.
 * Errors:    no owner, or more than REFCOUNT_MAX: panics ("refcount_init").
 */
void refcount_init(struct refcount *refcount, uint32_t owners);

/* Make one owner more.
 *
 * Threads:   any owner, at the same time as others.
 * Order:     none: the caller can hand the share on only by an edge of its own.
 * Progress:  wait-free; no system call.
 * Errors:    no owner is left, or there are REFCOUNT_MAX: panics ("refcount_acquire").
 */
void refcount_acquire(struct refcount *refcount);

/* Give up one share.
 *
 * Threads:   any owner, for its own share.
 * Order:     [R1] when it returns true, everything that the other owners did before they gave up
 *            their shares happens-before this return.
 * Progress:  wait-free; no system call.
 * Returns:   true to the last owner, and only to it: the object is the caller's alone, to be freed.
 * Errors:    no owner is left: panics ("refcount_release").
 * Memory:    does not touch the count after another owner's release could have returned true.
 */
bool refcount_release(struct refcount *refcount);

/* Make one owner more, unless the last one has gone.
 *
 * Threads:   any: the caller need not be an owner (a weak reference, a table of objects).
 * Order:     none.
 * Progress:  lock-free; no system call.
 * Returns:   true if the caller is an owner now. False only if no owner was left: not because
 *            others changed the count meanwhile, nor for no reason.
 * Errors:    REFCOUNT_MAX owners: panics ("refcount_try_acquire").
 */
bool refcount_try_acquire(struct refcount *refcount);

#endif
