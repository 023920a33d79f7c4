/* one_attempt.c - an attempt: the quota tries once to carry out what is announced.
 *
 * If its compare-exchange fails, another thread's has succeeded. But that one may have read the
 * announcements before ours was up. Then nobody has carried out our request, and we return the
 * answer of an older one.
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
    for (int attempt = 0; attempt < 1 && bit(seen, DONE_AT + me) != parity; attempt++) {
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

/* --- the queue --------------------------------------------------------------------------------
 *
 * A linked list of nodes, known by their numbers; head is a dummy, the values stand behind it.
 *
 * announced[t]: the node that thread t wants to append; 0: none.
 * given[t]:     the node that thread t's last pop got.
 * asked[t]:     equal to given[t] while t asks for another one. Whoever grants it changes given[t].
 *
 * I5  tail is the last node, or the one before it, and then next leads to the last.
 * I6  Before tail moves away from a node, its pusher's request is taken down. So a request that is
 *     up behind a look at tail is not in the list yet, unless its node is that tail, or the next.
 * I7  Turns: behind a node of thread t the next request to be served is that of t + 1, t + 2, ...
 *     So each waits for the nodes of at most threads - 1 others.
 * I8  head moves to a node only when that node has been given to its popper.
 * I9  A node is used once, so no word here ever holds an old value again, but for 0 in announced.
 *
 * All operations on shared words are seq_cst: one side announces a request and then looks, the
 * other moves head or tail and then looks for requests: store buffering, as in the quota. For [Q1]
 * alone release and acquire would do.
 */
#define SEQ memory_order_seq_cst
enum { NOBODY = -1 };

static void node_reset(struct queue_node *node, uint64_t value, int pusher) {
    node->value = value;
    node->pusher = pusher;
    /* Relaxed, both: the node is announced, or the queue handed on, behind them [Q1]. */
    atomic_store_explicit(&node->next, 0, memory_order_relaxed);
    atomic_store_explicit(&node->popper, NOBODY, memory_order_relaxed);
}

void queue_init(struct queue *queue, struct queue_node *nodes, uint32_t per_thread, int threads) {
    if (threads < 1 || threads > WAIT_FREE_THREADS)
        panic("queue_init", "1 to WAIT_FREE_THREADS threads");
    queue->nodes = nodes;
    queue->per_thread = per_thread;
    queue->threads = threads;
    node_reset(&nodes[1], 0, 0);
    /* Relaxed, all six: whoever hands the queue to another thread makes the edge. */
    atomic_store_explicit(&nodes[1].popper, 0, memory_order_relaxed); /* the first turn is 1's */
    atomic_store_explicit(&queue->head, 1, memory_order_relaxed);
    atomic_store_explicit(&queue->tail, 1, memory_order_relaxed);
    for (int t = 0; t < threads; t++) {
        /* Relaxed: see above. */
        atomic_store_explicit(&queue->announced[t], 0, memory_order_relaxed);
        atomic_store_explicit(&queue->asked[t], 0, memory_order_relaxed);
        atomic_store_explicit(&queue->given[t], 1, memory_order_relaxed);
        queue->used[t] = 0;
    }
}

/* Append one node behind `last`: that of the next in turn who wants to push. The node behind `last`
 * now; 0: none. */
static uint32_t append(struct queue *queue, uint32_t last) {
    for (int k = 1; k <= queue->threads; k++) {
        int t = (queue->nodes[last].pusher + k) % queue->threads;
        /* [Q1] the node's fields are written */
        uint32_t wanted = (uint32_t)atomic_load_explicit(&queue->announced[t], SEQ), next = 0;
        if (wanted == 0) continue;
        bool appended = atomic_compare_exchange_strong_explicit(
            &queue->nodes[last].next, &next, wanted, SEQ, SEQ); /* [Q1] for whoever reads next */
        return appended ? wanted : next;
    }
    return atomic_load_explicit(&queue->nodes[last].next, SEQ); /* [Q1] */
}

bool queue_push(struct queue *queue, int me, uint64_t value) {
    if (me < 0 || me >= queue->threads) panic("queue_push", "the thread must be registered");
    if (queue->used[me] == queue->per_thread) return false;
    uint32_t node = 2 + (uint32_t)me * queue->per_thread + queue->used[me]++;
    node_reset(&queue->nodes[node], value, me);
    atomic_store_explicit(&queue->announced[me], node, SEQ); /* [Q1] */
    for (int turn = 0; turn < queue->threads; turn++) {
        if (atomic_load_explicit(&queue->announced[me], SEQ) == 0) return true; /* helped */
        uint32_t last = atomic_load_explicit(&queue->tail, SEQ);
        uint64_t done = last; /* I6: it is in the list, so take its request down */
        atomic_compare_exchange_strong_explicit(&queue->announced[queue->nodes[last].pusher], &done,
                                                0, SEQ, SEQ);
        uint32_t next = append(queue, last);
        if (next != 0) atomic_compare_exchange_strong_explicit(&queue->tail, &last, next, SEQ, SEQ);
    }
    atomic_store_explicit(&queue->announced[me], 0, SEQ); /* I7: by now it is in the list */
    return true;
}

/* Decide who gets the node behind `first`: the next in turn who asks; NOBODY: nobody asks. */
static int choose(struct queue *queue, uint32_t first, uint32_t next) {
    int before = atomic_load_explicit(&queue->nodes[first].popper, SEQ);
    for (int k = 1; k <= queue->threads; k++) {
        int t = (before + k) % queue->threads;
        int32_t popper = NOBODY;
        /* SEQ: t asks, then looks at head; we have looked at head. */
        if (atomic_load_explicit(&queue->asked[t], SEQ) !=
            atomic_load_explicit(&queue->given[t], SEQ))
            continue;
        /* SEQ: one is chosen, and all see the same one. */
        bool chosen = atomic_compare_exchange_strong_explicit(&queue->nodes[next].popper, &popper,
                                                              t, SEQ, SEQ);
        return chosen ? t : popper;
    }
    return atomic_load_explicit(&queue->nodes[next].popper, SEQ); /* SEQ: chosen meanwhile? */
}

/* Hand the node behind `first` to thread t, and move head. SEQ: [Q1] goes on to thread t through
 * given[t]; and the looks at head must come in one order with its moves. */
static void hand_over(struct queue *queue, uint32_t first, uint32_t next, int t) {
    uint32_t given = atomic_load_explicit(&queue->given[t], SEQ);
    if (given != next && first == atomic_load_explicit(&queue->head, SEQ)) /* I8 */
        atomic_compare_exchange_strong_explicit(&queue->given[t], &given, next, SEQ, SEQ);
    atomic_compare_exchange_strong_explicit(&queue->head, &first, next, SEQ, SEQ);
}

/* The queue looked empty, and our request is down. If a value is there all the same, somebody may
 * be handing it to us: see it through. If nobody asks for it, it is ours. SEQ: asked[me] was stored
 * before these looks, and whoever serves us looks at it behind head: store buffering. */
static void give_up(struct queue *queue, int me, uint32_t request) {
    uint32_t first = atomic_load_explicit(&queue->head, SEQ);
    if (atomic_load_explicit(&queue->given[me], SEQ) != request) return;
    uint32_t next = atomic_load_explicit(&queue->nodes[first].next, SEQ);
    if (next == 0 || first != atomic_load_explicit(&queue->head, SEQ)) return;
    int popper = choose(queue, first, next);
    if (popper == NOBODY) {
        /* SEQ: as in choose. */
        bool ours = atomic_compare_exchange_strong_explicit(&queue->nodes[next].popper, &popper, me,
                                                            SEQ, SEQ);
        if (ours) popper = me;
    }
    hand_over(queue, first, next, popper);
}

/* Ask for a value, and help whoever is in turn until it is there. False: the queue is empty. */
static bool ask(struct queue *queue, int me, uint32_t request) {
    /* Relaxed: only we write it. */
    uint32_t before = atomic_load_explicit(&queue->asked[me], memory_order_relaxed);
    /* SEQ, as all below: we ask, then look; a helper moves head, then looks who asks. */
    atomic_store_explicit(&queue->asked[me], request, SEQ);
    for (int turn = 0; turn < queue->threads; turn++) {
        if (atomic_load_explicit(&queue->given[me], SEQ) != request) return true; /* helped */
        uint32_t first = atomic_load_explicit(&queue->head, SEQ);
        uint32_t next = atomic_load_explicit(&queue->nodes[first].next, SEQ);
        if (first != atomic_load_explicit(&queue->head, SEQ)) continue;
        if (next == 0) { /* empty at the look at next */
            atomic_store_explicit(&queue->asked[me], before, SEQ);
            give_up(queue, me, request);
            /* SEQ: see above. Not given: nobody can have begun to. */
            if (atomic_load_explicit(&queue->given[me], SEQ) == request) return false;
            atomic_store_explicit(&queue->asked[me], request, SEQ);
            return true;
        }
        int popper = choose(queue, first, next);
        if (popper != NOBODY) hand_over(queue, first, next, popper);
    }
    return true; /* I7: by now it is there */
}

bool queue_pop(struct queue *queue, int me, uint64_t *value) {
    if (me < 0 || me >= queue->threads) panic("queue_pop", "the thread must be registered");
    if (!ask(queue, me, atomic_load_explicit(&queue->given[me], SEQ))) return false;
    uint32_t mine = atomic_load_explicit(&queue->given[me], SEQ); /* [Q1] */
    /* I8: whoever gave it to us may not have moved head yet; no later pop may find it there. */
    uint32_t first = atomic_load_explicit(&queue->head, SEQ);
    if (mine == atomic_load_explicit(&queue->nodes[first].next, SEQ))
        atomic_compare_exchange_strong_explicit(&queue->head, &first, mine, SEQ, SEQ);
    *value = queue->nodes[mine].value;
    return true;
}
