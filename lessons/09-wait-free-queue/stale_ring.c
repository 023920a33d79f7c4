/* stale_ring.c - a ring for two, held against more than it can promise: a bounded FIFO queue that
 * says "full" and "empty" exactly.
 *
 *     grader/grade explore lessons/09-wait-free-queue/stale_ring.c --scenario exact
 */
#include "scenario.h"

#include <stdatomic.h>
#include <stdint.h>

#include "history.h"

enum { SLOTS = 2 };

static int64_t slots[SLOTS];
static _Atomic(unsigned) head, tail;

static int64_t push(int64_t value) {
    unsigned t = atomic_load_explicit(&tail, memory_order_relaxed); /* only we write it */
    if (t - atomic_load_explicit(&head, memory_order_acquire) == SLOTS) return 0; /* [R2] */
    slots[t % SLOTS] = value;
    atomic_store_explicit(&tail, t + 1, memory_order_release); /* [R1] */
    return 1;
}

static int64_t pop(void) {
    unsigned h = atomic_load_explicit(&head, memory_order_relaxed); /* only we write it */
    if (h == atomic_load_explicit(&tail, memory_order_acquire)) return HISTORY_NONE; /* [R1] */
    int64_t value = slots[h % SLOTS];
    atomic_store_explicit(&head, h + 1, memory_order_release); /* [R2] */
    return value;
}

static void one_inside(void) {
    atomic_store_explicit(&head, 0, memory_order_relaxed); /* no thread runs yet */
    atomic_store_explicit(&tail, 0, memory_order_relaxed); /* likewise */
    history_clear();
    history_record(push(1), "push", 1);
}
static void pushes_two(void) {
    history_record(push(2), "push", 2);
    history_record(push(3), "push", 3);
}
static void pops_two(void) {
    history_record(pop(), "pop");
    history_record(pop(), "pop");
}

static const struct history_spec exact_queue = HISTORY_BOUNDED_QUEUE(SLOTS);

SCENARIO(exact, .promise = "it is full, or empty, exactly when it says so", .setup = one_inside,
         .threads = {pushes_two, pops_two}, .linearizable = &exact_queue);
