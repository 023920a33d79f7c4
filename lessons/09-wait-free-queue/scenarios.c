/* scenarios.c - small closed programs around the ring, the quota and the queue.
 *
 * Two threads with two operations each, or three with one. Each object's answers are held against a
 * specification (history.h), and each operation's progress against its claim: the checks named
 * progress__ measure its own steps while the other thread does one operation, two, three, four.
 */
#include "scenario.h"

#include "history.h"
#include "wait_free.h"

/* --- the ring --------------------------------------------------------------------------------- */

enum { CAPACITY = 2 };
static uint64_t slots[CAPACITY];
static struct ring ring;

static void ring_setup(void) {
    ring_init(&ring, slots, CAPACITY);
    history_clear();
}

/* What the ring promises is less than a bounded FIFO queue: an operation that fails may have missed
 * what the other side did concurrently. So failing is allowed in each state. That it does not fail
 * without a reason, the tests see, and `ring_knows_what_happened_before`. */
static bool loose_apply(void *state, const struct history_op *op) {
    if (op->returned && op->name[1] == 'u' && op->result == 0) return true; /* push: full */
    if (op->returned && op->name[1] == 'o' && op->result == HISTORY_NONE)
        return true; /* pop: empty */
    return history_queue_apply(state, op);
}

static const struct history_spec loose_queue = {
    .name = "FIFO queue that may say full or empty late",
    .operations = (const char *const[]){"push", "pop", NULL},
    .state_bytes = sizeof(int64_t[2 + HISTORY_MAX_OPS]),
    .parameter = CAPACITY,
    .init = history_sequence_init,
    .apply = loose_apply,
    .used_bytes = history_sequence_used,
    .print = history_sequence_print,
};

static int64_t ring_take(void) {
    uint64_t value = 0;
    return ring_pop(&ring, &value) ? (int64_t)value : HISTORY_NONE;
}

static void pushes_three(void) {
    for (int64_t v = 1; v <= 3; v++) history_record(ring_push(&ring, (uint64_t)v), "push", v);
}
static void pops_three(void) {
    for (int i = 0; i < 3; i++) history_record(ring_take(), "pop");
}

SCENARIO(ring_is_fifo, .promise = "values come out once each, in the order of their pushes",
         .setup = ring_setup, .threads = {pushes_three, pops_three}, .linearizable = &loose_queue);

/* A pop that happens-before a push has made room for it. The flag is a release and an acquire. */
static _Atomic(bool) popped;

static void full_setup(void) {
    ring_setup();
    ring_push(&ring, 1);
    ring_push(&ring, 2);
    atomic_store_explicit(&popped, false, memory_order_relaxed); /* no thread runs yet */
}
static void pops_and_tells(void) {
    uint64_t value = 0;
    scenario_require(ring_pop(&ring, &value) && value == 1, "the oldest value comes out first");
    atomic_store_explicit(&popped, true, memory_order_release); /* for pushes_when_told */
}
static void pushes_when_told(void) {
    if (!atomic_load_explicit(&popped, memory_order_acquire)) return; /* with pops_and_tells */
    scenario_require(ring_push(&ring, 3), "a pop that happens-before a push has made room for it");
}
SCENARIO(ring_knows_what_happened_before, .promise = "what happened before is not overlooked",
         .setup = full_setup, .threads = {pops_and_tells, pushes_when_told});

static void pushes_often(void) {
    for (int i = 1; i <= scenario_contention(); i++) history_record(ring_push(&ring, 5), "push", 5);
}
static void pops_often(void) {
    for (int i = 1; i <= scenario_contention(); i++) history_record(ring_take(), "pop");
}
static void pushes_once(void) { history_record(ring_push(&ring, 5), "push", 5); }
static void pops_once(void) { history_record(ring_take(), "pop"); }

SCENARIO(ring_push_waits_for_nobody, .promise = "a push takes a bounded number of own steps",
         .setup = ring_setup, .threads = {pushes_once, pops_often}, .progress = PROGRESS_WAIT_FREE);
SCENARIO(ring_pop_waits_for_nobody, .promise = "a pop takes a bounded number of own steps",
         .setup = ring_setup, .threads = {pushes_often, pops_once}, .progress = PROGRESS_WAIT_FREE);

/* --- the quota -------------------------------------------------------------------------------- */

static struct quota quota;

/* take() -> 1 or 0; give() */
static void quota_state(void *state, int64_t units) { *(int64_t *)state = units; }
static bool quota_apply(void *state, const struct history_op *op) {
    int64_t *units = state;
    if (op->name[0] == 'g') return ++*units, true;
    bool granted = *units > 0;
    *units -= granted;
    return history_gives(op, granted);
}
static const struct history_spec quota_of_one = {
    .name = "quota",
    .operations = (const char *const[]){"take", "give", NULL},
    .state_bytes = sizeof(int64_t),
    .parameter = 1,
    .init = quota_state,
    .apply = quota_apply,
};

static void quota_setup(void) {
    quota_init(&quota, 1, 2);
    history_clear();
}
static void quota_setup_three(void) {
    quota_init(&quota, 1, 3);
    history_clear();
}

static void take(int me) { history_record(quota_take(&quota, me), "take"); }
static void give(int me) { history_record((quota_give(&quota, me), 0), "give"); }
static void takes_0(void) { take(0); }
static void takes_1(void) { take(1); }
static void takes_2(void) { take(2); }
static void takes_and_gives_0(void) { take(0), give(0); }
static void takes_twice_1(void) { take(1), take(1); }
static void gives_and_takes_1(void) { give(1), take(1), give(1); }
static void gives_often_1(void) {
    for (int i = 0; i < scenario_contention(); i++) give(1);
}

SCENARIO(quota_counts, .promise = "each unit is taken once", .setup = quota_setup,
         .threads = {takes_and_gives_0, takes_twice_1}, .linearizable = &quota_of_one);
SCENARIO(quota_helps_once, .promise = "a request takes effect once, whoever carries it out",
         .setup = quota_setup, .threads = {takes_0, gives_and_takes_1},
         .linearizable = &quota_of_one);
SCENARIO(quota_serves_three, .promise = "of three threads one gets the one unit",
         .setup = quota_setup_three, .threads = {takes_0, takes_1, takes_2},
         .linearizable = &quota_of_one);
SCENARIO(quota_waits_for_nobody, .promise = "an operation takes a bounded number of own steps",
         .setup = quota_setup, .threads = {takes_0, gives_often_1}, .linearizable = &quota_of_one,
         .progress = PROGRESS_WAIT_FREE);

/* --- the queue -------------------------------------------------------------------------------- */

enum { PER_THREAD = 8 };
static struct queue_node nodes[QUEUE_NODES(PER_THREAD, 3)];
static struct queue queue;

static void queue_setup(void) {
    queue_init(&queue, nodes, PER_THREAD, 2);
    history_clear();
}
static void queue_setup_three(void) {
    queue_init(&queue, nodes, PER_THREAD, 3);
    history_clear();
}

static void push(int me, int64_t value) {
    history_record((queue_push(&queue, me, (uint64_t)value), 0), "push", value);
}
static int64_t queue_take(int me) {
    uint64_t value = 0;
    return queue_pop(&queue, me, &value) ? (int64_t)value : HISTORY_NONE;
}
static void pop(int me) { history_record(queue_take(me), "pop"); }

static void push_0(void) { push(0, 10); }
static void push_1(void) { push(1, 20); }
static void pop_0(void) { pop(0); }
static void pop_1(void) { pop(1); }
static void pop_2(void) { pop(2); }
static void push_push_0(void) { push(0, 10), push(0, 11); }
static void pop_push_0(void) { pop(0), push(0, 10); }
static void push_pop_0(void) { push(0, 10), pop(0); }
static void pop_pop_1(void) { pop(1), pop(1); }
static void push_pop_1(void) { push(1, 20), pop(1); }
/* None, one, two, three: each one more makes the search ten times longer. */
static void push_often_1(void) {
    for (int i = 1; i < scenario_contention(); i++) push(1, 20 + i);
}
/* None, none, one, two. */
static void pop_often_1(void) {
    for (int i = 2; i < scenario_contention(); i++) pop(1);
}

/* What is left comes out in the end, and belongs to the history. */
static void drains(void) {
    for (int i = 0; i < 3; i++) pop(0);
}

SCENARIO(queue_pushes, .promise = "of two pushes at once neither is lost", .setup = queue_setup,
         .threads = {push_0, push_pop_1}, .linearizable = &history_queue, .finally = drains);

static void queue_setup_one(void) {
    queue_setup();
    queue_push(&queue, 0, 1);
    history_record(0, "push", 1);
}
SCENARIO(queue_pops, .promise = "of two pops at once one gets the one value",
         .setup = queue_setup_one, .threads = {pop_0, pop_1}, .linearizable = &history_queue);
SCENARIO(queue_is_fifo, .promise = "first in, first out", .setup = queue_setup,
         .threads = {push_push_0, pop_pop_1}, .linearizable = &history_queue);
SCENARIO(queue_refills, .promise = "a queue that runs empty fills again", .setup = queue_setup_one,
         .threads = {pop_push_0, pop_pop_1}, .linearizable = &history_queue, .finally = drains);
static void queue_setup_three_inside(void) {
    queue_setup();
    for (int64_t v = 1; v <= 3; v++) {
        queue_push(&queue, 0, (uint64_t)v);
        history_record(0, "push", v);
    }
}
SCENARIO(queue_pops_in_turn, .promise = "pops that serve each other take each value once",
         .setup = queue_setup_three_inside, .threads = {pop_0, pop_pop_1},
         .linearizable = &history_queue);

/* Thread 1 finds nothing and gives up, while thread 0 pushes, and pops: it is thread 1's turn. */
SCENARIO(queue_gives_up, .promise = "a pop that gives up takes no value with it",
         .setup = queue_setup, .threads = {push_pop_0, pop_1}, .linearizable = &history_queue);
SCENARIO(queue_serves_three, .promise = "two producers and a consumer lose nothing",
         .setup = queue_setup_three, .threads = {push_0, push_1, pop_2},
         .linearizable = &history_queue, .finally = drains);
SCENARIO(queue_feeds_two, .promise = "a producer and two consumers: no value comes out twice",
         .setup = queue_setup_three, .threads = {push_0, pop_1, pop_2},
         .linearizable = &history_queue, .finally = drains);

static void queue_setup_some(void) {
    queue_setup();
    for (uint64_t v = 1; v <= 3; v++) queue_push(&queue, 0, v);
}
SCENARIO(queue_push_waits_for_nobody, .promise = "a push takes a bounded number of own steps",
         .setup = queue_setup, .threads = {push_0, push_often_1}, .progress = PROGRESS_WAIT_FREE);
SCENARIO(queue_pop_waits_for_nobody, .promise = "a pop takes a bounded number of own steps",
         .setup = queue_setup_some, .threads = {pop_0, pop_often_1},
         .progress = PROGRESS_WAIT_FREE);
