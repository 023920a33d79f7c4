/* retrying.c - an attempt: each operation tries until its compare-exchange succeeds.
 *
 * Correct, and lock-free: an operation fails only because another one succeeded. But one thread can
 * fail for ever while the others succeed, so there is no bound on its own steps.
 *
 * Source: Maged M. Michael, Michael L. Scott, "Simple, Fast, and Practical Non-Blocking and
 *         Blocking Concurrent Queue Algorithms", PODC 1996 (the queue; nodes are used once, so that
 *         there is no ABA).
 */
#include "wait_free.h"

#include "panic.h"

/* --- the ring ---------------------------------------------------------------------------------
 *
 * I1  head <= tail <= head + capacity; the values are in the slots head to tail - 1, modulo
 *     capacity.
 * I2  producer_mine <= head and consumer_mine <= tail: old copies of the other side's index. The
 *     other side only ever moves on, so what they allow is allowed.
 */
void ring_init(struct ring *ring, uint64_t *slots, uint64_t capacity) {
    if (capacity == 0 || (capacity & (capacity - 1)) != 0)
        panic("ring_init", "the capacity must be a power of two");
    ring->slots = slots;
    ring->capacity = capacity;
    ring->producer_mine = ring->consumer_mine = 0;
    /* Relaxed, both: whoever hands the ring to another thread makes the edge. */
    atomic_store_explicit(&ring->tail, 0, memory_order_relaxed);
    atomic_store_explicit(&ring->head, 0, memory_order_relaxed);
}

bool ring_push(struct ring *ring, uint64_t value) {
    uint64_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed); /* only we write it */
    if (tail - ring->producer_mine == ring->capacity) {
        /* [R2] acquire: the consumer has read the slots before this head. */
        ring->producer_mine = atomic_load_explicit(&ring->head, memory_order_acquire);
        if (tail - ring->producer_mine == ring->capacity) return false;
    }
    ring->slots[tail & (ring->capacity - 1)] = value;
    atomic_store_explicit(&ring->tail, tail + 1,
                          memory_order_release); /* [R1] with pop's acquire */
    return true;
}

bool ring_pop(struct ring *ring, uint64_t *value) {
    uint64_t head = atomic_load_explicit(&ring->head, memory_order_relaxed); /* only we write it */
    if (head == ring->consumer_mine) {
        /* [R1] acquire: the producer has written the slots before this tail. */
        ring->consumer_mine = atomic_load_explicit(&ring->tail, memory_order_acquire);
        if (head == ring->consumer_mine) return false;
    }
    *value = ring->slots[head & (ring->capacity - 1)];
    atomic_store_explicit(&ring->head, head + 1,
                          memory_order_release); /* [R2] with push's acquire */
    return true;
}

/* --- the quota: a loop around a compare-exchange ---------------------------------------------- */

void quota_init(struct quota *quota, unsigned units, int threads) {
    if (units > QUOTA_MAX) panic("quota_init", "at most QUOTA_MAX units");
    if (threads < 1 || threads > WAIT_FREE_THREADS)
        panic("quota_init", "1 to WAIT_FREE_THREADS threads");
    quota->threads = threads;
    /* Relaxed: whoever hands the quota to another thread makes the edge. */
    atomic_store_explicit(&quota->state, units, memory_order_relaxed);
}

bool quota_take(struct quota *quota, int me) {
    if (me < 0 || me >= quota->threads) panic("quota_take", "the thread must be registered");
    /* [A1] acquire: if none is left, this is all that was done. */
    uint64_t units = atomic_load_explicit(&quota->state, memory_order_acquire);
    while (units > 0) {
        if (atomic_compare_exchange_strong_explicit(&quota->state, &units, units - 1,
                                                    memory_order_acq_rel,  /* [A1] */
                                                    memory_order_acquire)) /* [A1] */
            return true;
    }
    return false;
}

void quota_give(struct quota *quota, int me) {
    if (me < 0 || me >= quota->threads) panic("quota_give", "the thread must be registered");
    /* [A1] acq_rel: for the take that gets this unit. */
    if (atomic_fetch_add_explicit(&quota->state, 1, memory_order_acq_rel) == QUOTA_MAX)
        panic("quota_give", "at most QUOTA_MAX units");
}

/* --- the queue: Michael and Scott's ----------------------------------------------------------- */

void queue_init(struct queue *queue, struct queue_node *nodes, uint32_t per_thread, int threads) {
    if (threads < 1 || threads > WAIT_FREE_THREADS)
        panic("queue_init", "1 to WAIT_FREE_THREADS threads");
    queue->nodes = nodes;
    queue->per_thread = per_thread;
    queue->threads = threads;
    /* Relaxed, all: whoever hands the queue to another thread makes the edge. */
    atomic_store_explicit(&nodes[1].next, 0, memory_order_relaxed);
    atomic_store_explicit(&queue->head, 1, memory_order_relaxed);
    atomic_store_explicit(&queue->tail, 1, memory_order_relaxed);
    for (int t = 0; t < threads; t++) queue->used[t] = 0;
}

bool queue_push(struct queue *queue, int me, uint64_t value) {
    if (me < 0 || me >= queue->threads) panic("queue_push", "the thread must be registered");
    if (queue->used[me] == queue->per_thread) return false;
    uint32_t node = 2 + (uint32_t)me * queue->per_thread + queue->used[me]++;
    queue->nodes[node].value = value;
    atomic_store_explicit(&queue->nodes[node].next, 0, memory_order_relaxed); /* not shared yet */
    while (true) {
        uint32_t last = atomic_load_explicit(&queue->tail, memory_order_acquire); /* [Q1] */
        uint32_t next = 0;
        if (atomic_compare_exchange_strong_explicit(&queue->nodes[last].next, &next, node,
                                                    memory_order_acq_rel,    /* [Q1] */
                                                    memory_order_acquire)) { /* [Q1] */
            atomic_compare_exchange_strong_explicit(&queue->tail, &last, node,
                                                    memory_order_acq_rel,  /* [Q1] */
                                                    memory_order_acquire); /* [Q1] */
            return true;
        }
        atomic_compare_exchange_strong_explicit(&queue->tail, &last, next,
                                                memory_order_acq_rel,  /* [Q1] helps */
                                                memory_order_acquire); /* [Q1] */
    }
}

bool queue_pop(struct queue *queue, int me, uint64_t *value) {
    if (me < 0 || me >= queue->threads) panic("queue_pop", "the thread must be registered");
    uint32_t first = atomic_load_explicit(&queue->head, memory_order_acquire); /* [Q1] */
    while (true) {
        /* [Q1] acquire: the value behind is written. */
        uint32_t next = atomic_load_explicit(&queue->nodes[first].next, memory_order_acquire);
        if (next == 0) return false;
        uint32_t last = first; /* tail must not stay behind head */
        atomic_compare_exchange_strong_explicit(&queue->tail, &last, next,
                                                memory_order_acq_rel,  /* [Q1] helps */
                                                memory_order_acquire); /* [Q1] */
        if (atomic_compare_exchange_strong_explicit(&queue->head, &first, next,
                                                    memory_order_acq_rel,    /* [Q1] */
                                                    memory_order_acquire)) { /* [Q1] */
            *value = queue->nodes[next].value;
            return true;
        }
    }
}
