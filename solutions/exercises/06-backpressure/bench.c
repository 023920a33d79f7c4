/* bench.c - what a gate costs: an offer, a take, a done; with more producers, lanes, and policies.
 *
 * One thread, nobody waits. Medians of several rounds. Beside it a bounded queue that has none of the
 * promises: a ring with a mutex.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "clock.h"
#include "gate.h"
#include "mutex.h"
#include "rate.h"

enum { ROUNDS = 9, VALUES = 400000, SLOTS = 64 };

static struct waker quiet_clone(void *data);
static void quiet(void *data) { (void)data; }
static const struct waker_vtable quiet_vtable = {quiet_clone, quiet, quiet, quiet};
static struct waker quiet_clone(void *data) { return (struct waker){&quiet_vtable, data}; }
static struct waker waker = {&quiet_vtable, NULL};
static struct context context = {&waker};

static struct gate gate;
static struct gate_slot slots[SLOTS];
static struct gate_producer producers[16];
static struct gate_receiver receiver;
static unsigned n_producers;
static uint64_t sum; /* so that nothing is optimised away */

static void open_gate(unsigned count, enum gate_overflow overflow) {
    gate_init(&gate, slots, SLOTS, NULL);
    gate_receive(&gate, &receiver);
    n_producers = count;
    for (unsigned n = 0; n < count; n++)
        gate_join(&gate, &producers[n], (enum gate_lane)(n % GATE_LANES), overflow);
}
static void offer(unsigned producer, uintptr_t value) {
    struct gate_offer one;
    struct output output;
    gate_offer_init(&one, &producers[producer], value);
    sum += future_poll(&one.future, &context, &output) == POLL_READY;
    future_drop(&one.future);
}
static void take(void) {
    struct output output;
    if (stream_poll_next(&receiver.stream, &context, &output) != STREAM_ITEM) return;
    sum += output.value;
    gate_done(&gate);
}

static void through_the_gate(void) {
    for (unsigned n = 0; n < VALUES; n++) {
        offer(n % n_producers, n);
        take();
    }
}
/* The gate is full, and nobody takes: each offer meets the policy. */
static void against_the_policy(void) {
    for (unsigned n = 0; n < VALUES; n++) offer(0, n);
}
/* An offer waits, and is granted the credit of the next done. */
static void with_a_wait(void) {
    for (unsigned n = 0; n < VALUES; n++) {
        struct gate_offer one;
        struct output output;
        gate_offer_init(&one, &producers[n % n_producers], n);
        sum += future_poll(&one.future, &context, &output) == POLL_PENDING;
        take();
        sum += future_poll(&one.future, &context, &output) == POLL_READY;
        future_drop(&one.future);
    }
}

static struct mutex lock;
static uintptr_t ring[SLOTS];
static size_t first, count;
static void through_a_ring(void) {
    for (unsigned n = 0; n < VALUES; n++) {
        mutex_lock(&lock);
        if (count < SLOTS) ring[(first + count++) % SLOTS] = n;
        mutex_unlock(&lock);
        mutex_lock(&lock);
        if (count > 0) {
            sum += ring[first];
            first = (first + 1) % SLOTS;
            count--;
        }
        mutex_unlock(&lock);
    }
}

static struct rate rate;
static void rates(void) {
    for (uint64_t n = 0; n < VALUES; n++) {
        sum += rate_next(&rate, n * 1000);
        rate_sample(&rate, n % 2000000, n * 1000);
    }
}

static int by_size(const void *one, const void *other) {
    uint64_t a = *(const uint64_t *)one, b = *(const uint64_t *)other;
    return (a > b) - (a < b);
}
static void measure(const char *what, void (*run)(void)) {
    uint64_t rounds[ROUNDS];
    for (int n = 0; n < ROUNDS; n++) {
        uint64_t start = clock_now_ns();
        run();
        rounds[n] = clock_now_ns() - start;
    }
    qsort(rounds, ROUNDS, sizeof rounds[0], by_size);
    printf("%-58s %8.1f\n", what, (double)rounds[ROUNDS / 2] / VALUES);
}

int main(void) {
    printf("%-58s %8s\n", "one thread, for each value", "ns");
    open_gate(1, GATE_WAIT);
    measure("offer, take, done; one producer", through_the_gate);
    open_gate(3, GATE_WAIT);
    measure("the same, three producers in three lanes", through_the_gate);
    open_gate(16, GATE_WAIT);
    measure("the same, sixteen producers in three lanes", through_the_gate);
    open_gate(1, GATE_WAIT);
    for (unsigned n = 0; n < SLOTS; n++) offer(0, n);
    measure("offer waits, take, done grants; one producer", with_a_wait);
    open_gate(16, GATE_WAIT);
    for (unsigned n = 0; n < SLOTS; n++) offer(n % 16, n);
    measure("the same, sixteen producers", with_a_wait);
    static const char *const names[] = {NULL, "full: drop oldest", "full: drop newest",
                                        "full: fail"};
    for (int policy = GATE_DROP_OLDEST; policy <= GATE_FAIL; policy++) {
        open_gate(1, (enum gate_overflow)policy);
        for (unsigned n = 0; n < SLOTS; n++) offer(0, n);
        measure(names[policy], against_the_policy);
    }
    measure("a ring with a mutex: put, take", through_a_ring);
    rate_init(&rate, 1, 1000000, 10, 1000000, 0);
    measure("rate_next, rate_sample", rates);
    printf(
        "\n%zu bytes a gate, %zu a producer, %zu a slot; %d values; medians of %d rounds (%" PRIu64
        ")\n",
        sizeof gate, sizeof producers[0], sizeof slots[0], VALUES, ROUNDS, sum % 10);
    return 0;
}
