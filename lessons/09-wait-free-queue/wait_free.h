/* wait_free.h - the contract of lesson 09: three objects whose operations wait for nobody.
 *
 *     static uint64_t slots[1024];
 *     static struct ring ring;
 *
 *     ring_init(&ring, slots, 1024);
 *     while (!ring_push(&ring, 7)) do_something_else();      // one thread
 *     if (ring_pop(&ring, &value)) use(value);               // another
 *
 * A thread of the quota and of the queue is registered: it has a number, from 0 to one less than
 * the number of threads that the object was made for, and no other thread uses it.
 *
 * Which operations may run concurrently on one object:
 *
 *                  ring_push  ring_pop  quota_take, _give  queue_push, queue_pop
 *   on one object  1 thread   1 thread  1 for each number  1 for each number
 *
 * Happens-before edges, named at both their ends in every implementation:
 *   [R1]  a push happens-before the pop that takes its value.
 *   [R2]  a pop happens-before the push that uses its slot again.
 *   [A1]  everything before an operation on the quota happens-before the return of each later one.
 *   [Q1]  everything before queue_push happens-before the return of the queue_pop that takes the
 *         value.
 */
#ifndef HB_WAIT_FREE_H
#define HB_WAIT_FREE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define WAIT_FREE_THREADS 8 /* registered threads of one object, at most */
#define WAIT_FREE_LINE    64

/* --- STEP 1: a ring for one producer and one consumer ----------------------------------------- */

/* A queue of at most `capacity` values. The indices count pushes and pops and never wrap within a
 * program's life: 2^64 pushes at a thousand million a second take 584 years.
 *
 * `mine` of each side is for what only this side reads and writes.
 */
struct ring {
    _Alignas(WAIT_FREE_LINE) uint64_t *slots; /* immutable after ring_init */
    uint64_t capacity;                        /* immutable; a power of two */

    _Alignas(WAIT_FREE_LINE) _Atomic(uint64_t) tail; /* written by the producer only: pushes */
    uint64_t producer_mine;

    _Alignas(WAIT_FREE_LINE) _Atomic(uint64_t) head; /* written by the consumer only: pops */
    uint64_t consumer_mine;
};

/* Make an empty ring.
 *
 * Threads:   one, before any other uses the ring.
 * Errors:    a capacity of zero, or no power of two: panics ("ring_init").
 * Memory:    the slots stay the caller's, who may not touch them while the ring is in use.
 */
void ring_init(struct ring *ring, uint64_t *slots, uint64_t capacity);

/* Append a value if there is room.
 *
 * Threads:   the producer: one at a time, beside one consumer.
 * Order:     [R1], [R2].
 * Progress:  wait-free: at most 4 own steps; no system call.
 * Returns:   true if it was appended. False if the ring was full as far as this thread can know: it
 *            held `capacity` values, or each pop that made room is concurrent with this call. Pops
 *            that happen-before the call are always counted.
 */
bool ring_push(struct ring *ring, uint64_t value);

/* Take the oldest value.
 *
 * Threads:   the consumer: one at a time, beside one producer.
 * Order:     [R1], [R2].
 * Progress:  wait-free: at most 4 own steps; no system call.
 * Returns:   true and the value in *value. False, and *value untouched, if the ring was empty as
 *            far as this thread can know: pushes that happen-before the call are always counted.
 */
bool ring_pop(struct ring *ring, uint64_t *value);

/* --- STEP 2: a quota -------------------------------------------------------------------------- */

#define QUOTA_MAX UINT16_MAX

/* So many units, to be taken and given back by a fixed number of threads. Linearizable: each
 * operation takes effect at one moment between its call and its return.
 *
 * What the bits of the words mean is the implementation's business.
 */
struct quota {
    _Alignas(WAIT_FREE_LINE) _Atomic(uint64_t) state;
    _Atomic(uint32_t) announced[WAIT_FREE_THREADS];
    int threads; /* immutable after quota_init */
};

/* Make a quota of `units` for the threads 0 to threads - 1.
 *
 * Threads:   one, before any other uses the quota.
 * Errors:    more than QUOTA_MAX units, or not 1 to WAIT_FREE_THREADS threads: panics
 *            ("quota_init").
 */
void quota_init(struct quota *quota, unsigned units, int threads);

/* Take one unit.
 *
 * Threads:   any, each with its own number `me`.
 * Order:     [A1].
 * Progress:  wait-free, with a bound that depends on the number of registered threads alone; no
 *            system call.
 * Returns:   true if a unit was taken; false if none was left at the linearization point.
 * Errors:    a number that no thread may have: panics ("quota_take").
 */
bool quota_take(struct quota *quota, int me);

/* Give one unit back.
 *
 * Threads, order, progress: as quota_take.
 * Errors:    as quota_take ("quota_give"); more units than QUOTA_MAX: panics.
 */
void quota_give(struct quota *quota, int me);

/* --- STEPS 3 and 4: a queue for many producers and many consumers ----------------------------- */

/* A place for one value. Its fields are the queue's business. */
struct queue_node {
    uint64_t value;          /* immutable once the node is announced */
    int pusher;              /* who announced it; immutable likewise */
    _Atomic(uint32_t) next;  /* the number of the node behind it; 0: none */
    _Atomic(int32_t) popper; /* the thread that gets it; -1: not decided */
};

/* A FIFO queue. Linearizable.
 *
 * Nodes are known by their numbers. Number 0 means none, number 1 is the first dummy, and thread t
 * uses the `per_thread` numbers from 2 + t * per_thread onwards, each of them once: a node that was
 * popped may still be read by a helper that is late. To use it again is a question of reclamation
 * (lesson 08).
 *
 * What the words mean is the implementation's business; some good designs need fewer.
 */
struct queue {
    _Alignas(WAIT_FREE_LINE) struct queue_node *nodes; /* immutable after queue_init */
    uint32_t per_thread;                               /* immutable */
    int threads;                                       /* immutable */
    uint32_t used[WAIT_FREE_THREADS]; /* [t]: nodes that thread t has used; t's own */

    _Alignas(WAIT_FREE_LINE) _Atomic(uint32_t) head;
    _Alignas(WAIT_FREE_LINE) _Atomic(uint32_t) tail;
    _Alignas(WAIT_FREE_LINE) _Atomic(uint64_t) announced[WAIT_FREE_THREADS];
    _Atomic(uint32_t) asked[WAIT_FREE_THREADS];
    _Atomic(uint32_t) given[WAIT_FREE_THREADS];
};

/* How many nodes queue_init wants, for so many pushes by each of so many threads. */
#define QUEUE_NODES(per_thread, threads) (2 + (threads) * (per_thread))

/* Make an empty queue for the threads 0 to threads - 1, each of which can push `per_thread` values,
 * ever.
 *
 * Threads:   one, before any other uses the queue; or again, when no other does any more.
 * Memory:    nodes[QUEUE_NODES(per_thread, threads)] stay the caller's, and must stay as long as
 *            the queue is used. The queue allocates nothing.
 * Errors:    not 1 to WAIT_FREE_THREADS threads: panics ("queue_init").
 */
void queue_init(struct queue *queue, struct queue_node *nodes, uint32_t per_thread, int threads);

/* Append a value.
 *
 * Threads:   any, each with its own number `me`.
 * Order:     [Q1].
 * Progress:  wait-free, with a bound that depends on the number of registered threads alone; no
 *            system call.
 * Returns:   true if it was appended; false if this thread has used up its nodes.
 * Errors:    a number that no thread may have: panics ("queue_push").
 */
bool queue_push(struct queue *queue, int me, uint64_t value);

/* Take the oldest value.
 *
 * Threads:   any, each with its own number `me`.
 * Order:     [Q1].
 * Progress:  as queue_push.
 * Returns:   true and the value in *value; false, and *value untouched, if the queue was empty at
 *            the linearization point.
 * Errors:    a number that no thread may have: panics ("queue_pop").
 */
bool queue_pop(struct queue *queue, int me, uint64_t *value);

#endif
