/* hidden_tests.c - the same promises as tests.c and scenarios.c, to more threads and for longer. */
#include <criterion/criterion.h>
#include <string.h>

#include "cpu.h"
#include "lab.h"
#include "wait_free.h"

enum { SLOTS = 2, VALUES = 2000, EACH = 40, PUSHERS = 4, UNITS = 3, ROUNDS = 60 };
enum { PATIENCE = 10000 }; /* refusals in a row, by an object whose other side goes on */

static void patiently(unsigned *refusals, const char *promise) {
    cr_assert(++*refusals < PATIENCE, "%s", promise);
    cpu_relax();
}

static void in_threads(void (*body)(void *), int numbers[], int count) {
    struct lab_thread *threads[WAIT_FREE_THREADS];
    for (int t = 0; t < count; t++) threads[t] = lab_start(body, &numbers[t]);
    for (int t = 0; t < count; t++) lab_join(threads[t]);
}

static int numbers[] = {0, 1, 2, 3, 4, 5, 6, 7};
_Static_assert(WAIT_FREE_THREADS == 8, "a number for each");

/* --- the ring --------------------------------------------------------------------------------- */

static uint64_t slots[SLOTS];
static struct ring ring;

static void carry(void *number) {
    bool produces = *(int *)number == 0;
    unsigned refusals = 0;
    for (uint64_t v = 1; v <= VALUES; v++, refusals = 0) {
        uint64_t value = v;
        while (!(produces ? ring_push(&ring, v) : ring_pop(&ring, &value)))
            patiently(&refusals, "a ring between two busy threads is not full or empty for ever");
        cr_assert(value == v, "value %lu comes in its turn", v);
    }
}

Test(hidden, a_small_ring_carries_thousands_in_order) {
    ring_init(&ring, slots, SLOTS);
    in_threads(carry, numbers, 2);
}

/* --- the quota -------------------------------------------------------------------------------- */

static struct quota quota;
static _Atomic(int) holders;

static void come_and_go(void *number) {
    int me = *(int *)number;
    for (int round = 0; round < ROUNDS; round++) {
        if (!quota_take(&quota, me)) continue;
        /* Relaxed, both: the counter's own order is all that is asked for. */
        int before = atomic_fetch_add_explicit(&holders, 1, memory_order_relaxed);
        cr_assert(before < UNITS, "there are never more holders than units");
        atomic_fetch_sub_explicit(&holders, 1, memory_order_relaxed);
        quota_give(&quota, me);
    }
}

Test(hidden, a_crowd_never_holds_more_units_than_there_are) {
    quota_init(&quota, UNITS, WAIT_FREE_THREADS);
    in_threads(come_and_go, numbers, WAIT_FREE_THREADS);
    for (int unit = 0; unit < UNITS; unit++)
        cr_assert(quota_take(&quota, unit), "every unit has come back");
    cr_assert(!quota_take(&quota, 0), "and none was made");
}

/* --- the queue -------------------------------------------------------------------------------- */

static struct queue_node nodes[QUEUE_NODES(EACH, WAIT_FREE_THREADS)];
static struct queue queue;
static unsigned seen[PUSHERS][EACH];
static _Atomic(int) popped;

static void push_all(int me) {
    for (uint64_t v = 0; v < EACH; v++)
        cr_assert(queue_push(&queue, me, (uint64_t)me * EACH + v), "a node is left");
}

static void pop_some(int me) {
    int64_t last[PUSHERS];
    unsigned refusals = 0;
    memset(last, -1, sizeof last);
    /* Relaxed, both: only the number counts. */
    while (atomic_load_explicit(&popped, memory_order_relaxed) < PUSHERS * EACH) {
        uint64_t value;
        if (!queue_pop(&queue, me, &value)) {
            patiently(&refusals, "a queue to which others push is not empty for ever");
            continue;
        }
        atomic_fetch_add_explicit(&popped, 1, memory_order_relaxed); /* as above */
        refusals = 0;
        int64_t from = (int64_t)value / EACH, place = (int64_t)value % EACH;
        cr_assert(from < PUSHERS && place > last[from], "a pusher's values come in its order");
        last[from] = place;
        seen[from][place]++; /* plain: who pops a value has it alone */
    }
}

static void push_or_pop(void *number) {
    int me = *(int *)number;
    if (me < PUSHERS)
        push_all(me);
    else
        pop_some(me);
}

static void all_values_once(void) {
    memset(seen, 0, sizeof seen);
    atomic_store_explicit(&popped, 0, memory_order_relaxed); /* no other thread is here */
    queue_init(&queue, nodes, EACH, WAIT_FREE_THREADS);
    in_threads(push_or_pop, numbers, WAIT_FREE_THREADS);
    for (int from = 0; from < PUSHERS; from++)
        for (int place = 0; place < EACH; place++)
            cr_assert(seen[from][place] == 1, "every value comes out once");
}

Test(hidden, a_crowd_loses_and_doubles_no_value) { all_values_once(); }

Test(hidden, a_queue_can_be_made_anew) {
    for (int life = 0; life < 3; life++) all_values_once();
}
