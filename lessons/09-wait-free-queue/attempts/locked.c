/* locked.c - an attempt: a lock in disguise. No mutex in sight; a word says that somebody is busy.
 *
 * Correct, and blocking: a thread that is suspended at the list stops all others for as long as it
 * is away.
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

/* --- the quota --------------------------------------------------------------------------------
 *
 * state:        bits 16 to 31  units that are left
 *               bits 8 to 15   done: bit t is the parity of thread t's last request that counted
 *               bits 0 to 7    answers: bit t says whether it got what it wanted
 * announced[t]: bits 1 to 31   the request's number
 *               bit 0          it gives (1) or takes (0)
 *
 * I3  Thread t's request is pending if its number's parity differs from its done bit. t announces
 *     the next one only when this one has taken effect.
 * I4  Whoever changes the state has read all announcements after it read the state that it
 *     replaces, and carries out all that are pending. Its own is among them, so its done bit turns
 *     over: the state that it has read does not come back while it is here, and needs no version.
 */
enum { UNITS_AT = 16, DONE_AT = 8, GIVES = 1 };

void quota_init(struct quota *quota, unsigned units, int threads) {
    if (units > QUOTA_MAX) panic("quota_init", "at most QUOTA_MAX units");
    if (threads < 1 || threads > WAIT_FREE_THREADS)
        panic("quota_init", "1 to WAIT_FREE_THREADS threads");
    quota->threads = threads;
    /* Relaxed, both: whoever hands the quota to another thread makes the edge. */
    atomic_store_explicit(&quota->state, (uint64_t)units << UNITS_AT, memory_order_relaxed);
    for (int t = 0; t < threads; t++)
        atomic_store_explicit(&quota->announced[t], 0, memory_order_relaxed); /* likewise */
}

static bool bit(uint64_t word, int place) { return word >> place & 1; }

static uint64_t with_bit(uint64_t word, int place, bool on) {
    return (word & ~(UINT64_C(1) << place)) | (uint64_t)on << place;
}

/* The state after thread t's request, if that is pending in `state`. */
static uint64_t carry_out(uint64_t state, int t, uint32_t request) {
    bool parity = request >> 1 & 1;
    if (parity == bit(state, DONE_AT + t)) return state;
    unsigned units = state >> UNITS_AT & QUOTA_MAX;
    bool granted = request & GIVES ? units < QUOTA_MAX : units > 0;
    if (granted)
        state =
            request & GIVES ? state + (UINT64_C(1) << UNITS_AT) : state - (UINT64_C(1) << UNITS_AT);
    return with_bit(with_bit(state, DONE_AT + t, parity), t, granted);
}

static bool quota_do(struct quota *quota, int me, uint32_t what) {
    /* Relaxed: only we write it. */
    uint32_t last = atomic_load_explicit(&quota->announced[me], memory_order_relaxed);
    uint32_t request = ((last >> 1) + 1) << 1 | what;
    bool parity = request >> 1 & 1;
    /* [A1] seq_cst, as all below: store buffering. We announce, then read the state; a helper
     * changes the state, then reads announcements. One of the two must see the other. */
    atomic_store_explicit(&quota->announced[me], request, memory_order_seq_cst);
    uint64_t seen = atomic_load_explicit(&quota->state, memory_order_seq_cst); /* [A1] */
    for (int attempt = 0; attempt < 2 && bit(seen, DONE_AT + me) != parity; attempt++) {
        uint64_t next = seen;
        for (int t = 0; t < quota->threads; t++) /* [A1] seq_cst: see above */
            next = carry_out(next, t,
                             atomic_load_explicit(&quota->announced[t], memory_order_seq_cst));
        if (atomic_compare_exchange_strong_explicit(&quota->state, &seen, next,
                                                    memory_order_seq_cst,  /* [A1] see above */
                                                    memory_order_seq_cst)) /* [A1] see above */
            seen = next;
    }
    return bit(seen, me);
}

bool quota_take(struct quota *quota, int me) {
    if (me < 0 || me >= quota->threads) panic("quota_take", "the thread must be registered");
    return quota_do(quota, me, 0);
}

void quota_give(struct quota *quota, int me) {
    if (me < 0 || me >= quota->threads) panic("quota_give", "the thread must be registered");
    if (!quota_do(quota, me, GIVES)) panic("quota_give", "at most QUOTA_MAX units");
}

/* --- the queue: a list behind a lock ---------------------------------------------------------- */

/* announced[0] is 1 while somebody is at the list. */
static void enter(struct queue *queue) {
    uint64_t free = 0;
    while (!atomic_compare_exchange_strong_explicit(&queue->announced[0], &free, 1,
                                                    memory_order_acquire,  /* [Q1] with leave */
                                                    memory_order_relaxed)) /* look again */
        free = 0;
}

static void leave(struct queue *queue) {
    atomic_store_explicit(&queue->announced[0], 0, memory_order_release); /* [Q1] with enter */
}

/* Relaxed, all on head, tail and next: whoever is at the list is alone there. */

void queue_init(struct queue *queue, struct queue_node *nodes, uint32_t per_thread, int threads) {
    if (threads < 1 || threads > WAIT_FREE_THREADS)
        panic("queue_init", "1 to WAIT_FREE_THREADS threads");
    queue->nodes = nodes;
    queue->per_thread = per_thread;
    queue->threads = threads;
    atomic_store_explicit(&queue->announced[0], 0, memory_order_relaxed); /* alone, all four */
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
    enter(queue);
    uint32_t last = atomic_load_explicit(&queue->tail, memory_order_relaxed); /* alone, all three */
    atomic_store_explicit(&queue->nodes[last].next, node, memory_order_relaxed);
    atomic_store_explicit(&queue->tail, node, memory_order_relaxed);
    leave(queue);
    return true;
}

bool queue_pop(struct queue *queue, int me, uint64_t *value) {
    if (me < 0 || me >= queue->threads) panic("queue_pop", "the thread must be registered");
    enter(queue);
    uint32_t first =
        atomic_load_explicit(&queue->head, memory_order_relaxed); /* alone, all three */
    uint32_t next = atomic_load_explicit(&queue->nodes[first].next, memory_order_relaxed);
    if (next != 0) {
        *value = queue->nodes[next].value;
        atomic_store_explicit(&queue->head, next, memory_order_relaxed);
    }
    leave(queue);
    return next != 0;
}
