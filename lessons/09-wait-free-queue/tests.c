/* tests.c - what one thread alone can see of the ring, the quota and the queue.
 *
 * Order, full, empty, used up, misuse. What several threads do to each other is in scenarios.c, and
 * the explorer's business. The tests know wait_free.h and nothing else.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "lab.h"
#include "wait_free.h"

enum { SLOTS = 4, PUSHES = 3 };

static uint64_t slots[SLOTS];
static struct ring ring;
static struct quota quota;
static struct queue_node nodes[QUEUE_NODES(PUSHES, WAIT_FREE_THREADS)];
static struct queue queue;

/* --- the ring --------------------------------------------------------------------------------- */

static void pops(uint64_t expected) {
    uint64_t value = 0;
    cr_assert(ring_pop(&ring, &value), "there is a value");
    cr_assert(value == expected, "%lu comes out, not %lu", expected, value);
}

Test(ring, gives_back_what_was_pushed_in_order) {
    ring_init(&ring, slots, SLOTS);
    for (uint64_t v = 1; v <= 3; v++) cr_assert(ring_push(&ring, v), "there is room");
    for (uint64_t v = 1; v <= 3; v++) pops(v);
    uint64_t value = 77;
    cr_assert(!ring_pop(&ring, &value), "an empty ring gives nothing");
    cr_assert(value == 77, "and leaves the value alone");
}

Test(ring, is_full_at_its_capacity) {
    ring_init(&ring, slots, SLOTS);
    for (uint64_t v = 1; v <= SLOTS; v++) cr_assert(ring_push(&ring, v), "there is room");
    cr_assert(!ring_push(&ring, 5), "a full ring takes nothing");
    pops(1);
    cr_assert(ring_push(&ring, 6), "a pop has made room for one");
    cr_assert(!ring_push(&ring, 7), "and for one only");
    for (uint64_t v = 2; v <= SLOTS; v++) pops(v);
    pops(6);
}

Test(ring, goes_round_many_times) {
    ring_init(&ring, slots, SLOTS);
    for (uint64_t v = 1; v <= 1000; v++) {
        cr_assert(ring_push(&ring, v) && ring_push(&ring, v + 1), "there is room");
        pops(v);
        pops(v + 1);
    }
}

Test(ring, capacity_must_be_a_power_of_two) {
    ring_init(&ring, slots, 1);
    cr_assert(ring_push(&ring, 1) && !ring_push(&ring, 2), "one is a power of two");
    lab_expect_panic("ring_init");
    ring_init(&ring, slots, 3);
}

/* --- the quota -------------------------------------------------------------------------------- */

Test(quota, is_taken_and_given_back) {
    quota_init(&quota, 2, 1);
    for (int round = 0; round < 100; round++) {
        cr_assert(quota_take(&quota, 0) && quota_take(&quota, 0), "two units are there");
        cr_assert(!quota_take(&quota, 0), "and no third");
        quota_give(&quota, 0);
        cr_assert(quota_take(&quota, 0), "one was given back");
        quota_give(&quota, 0);
        quota_give(&quota, 0);
    }
}

Test(quota, threads_have_their_own_answers) {
    quota_init(&quota, 1, WAIT_FREE_THREADS);
    for (int t = 0; t < WAIT_FREE_THREADS; t++) {
        int other = (t + 1) % WAIT_FREE_THREADS;
        cr_assert(quota_take(&quota, t), "one unit is there");
        cr_assert(!quota_take(&quota, other), "and no second, for another thread either");
        quota_give(&quota, other);
    }
}

Test(quota, misuse_panics) {
    quota_init(&quota, QUOTA_MAX, 2);
    cr_assert(quota_take(&quota, 1), "a quota may be as large as QUOTA_MAX");
    quota_give(&quota, 1);
    lab_expect_panic("quota_take");
    quota_take(&quota, 2);
}

/* --- the queue -------------------------------------------------------------------------------- */

static void comes_out(int me, uint64_t expected) {
    uint64_t value = 0;
    cr_assert(queue_pop(&queue, me, &value), "there is a value");
    cr_assert(value == expected, "%lu comes out, not %lu", expected, value);
}

Test(queue, is_fifo_for_one_thread) {
    queue_init(&queue, nodes, PUSHES, 1);
    for (uint64_t v = 1; v <= PUSHES; v++) cr_assert(queue_push(&queue, 0, v), "a node is left");
    for (uint64_t v = 1; v <= PUSHES; v++) comes_out(0, v);
    uint64_t value;
    cr_assert(!queue_pop(&queue, 0, &value), "an empty queue gives nothing");
}

Test(queue, hands_values_between_numbers) {
    queue_init(&queue, nodes, PUSHES, WAIT_FREE_THREADS);
    for (int t = 0; t < WAIT_FREE_THREADS; t++)
        cr_assert(queue_push(&queue, t, 100 + (uint64_t)t), "a node is left");
    for (int t = 0; t < WAIT_FREE_THREADS; t++)
        comes_out(WAIT_FREE_THREADS - 1 - t, 100 + (uint64_t)t);
}

Test(queue, says_when_the_nodes_are_used_up) {
    queue_init(&queue, nodes, PUSHES, 2);
    for (uint64_t v = 1; v <= PUSHES; v++) {
        cr_assert(queue_push(&queue, 0, v), "a node is left");
        comes_out(1, v);
    }
    cr_assert(!queue_push(&queue, 0, 9), "a node is used once, also behind a pop");
    uint64_t value;
    cr_assert(!queue_pop(&queue, 1, &value), "what was refused is not in the queue");
    cr_assert(queue_push(&queue, 1, 10), "each thread has nodes of its own");
    comes_out(0, 10);
}

Test(queue, empty_leaves_the_value_alone) {
    queue_init(&queue, nodes, PUSHES, 2);
    uint64_t value = 77;
    for (int round = 0; round < 3; round++)
        cr_assert(!queue_pop(&queue, round % 2, &value), "an empty queue gives nothing");
    cr_assert(value == 77, "and leaves the value alone");
    cr_assert(queue_push(&queue, 1, 5), "a node is left");
    comes_out(0, 5);
}

Test(queue, misuse_panics) {
    queue_init(&queue, nodes, PUSHES, 2);
    cr_assert(queue_push(&queue, 1, 1), "thread 1 is registered");
    lab_expect_panic("queue_push");
    queue_push(&queue, 2, 1);
}
