/* scenarios.c - small closed programs around the gate: a producer's thread and a receiver's.
 *
 * Values carry plain memory with them, so that a value which is handed over without an edge is a data race.
 * What the gate gives up is counted by whoever made it do so, in a counter for each value.
 */
#include <errno.h>

#include "scenario.h"

#include "futex.h"
#include "gate.h"
#include "stream.h"

/* --- what they share ---------------------------------------------------------------------------- */

static struct gate_slot slots[2];
static struct gate gate;
static struct gate_producer producers[2];
static struct gate_offer offers[3];
static struct gate_receiver receiver;
static int payload[4]; /* plain: written before value n is offered, read by whoever receives it */
static int given_up[4], received[4]; /* plain, one for each value */
static int told;                     /* plain: written before a close or a drop */

static void discard(uintptr_t value) { given_up[value]++; }

/* Each thread waits at a bell of its own; its wakers are that bell. */
struct bell {
    futex_word rung;
};
static struct bell bells[2], nobody;

static struct waker bell_clone(void *data);
static void bell_ring(void *data) {
    struct bell *bell = data;
    /* Release: what came before the wake, for the poll that it brings. */
    atomic_fetch_add_explicit(&bell->rung, 1, memory_order_release);
    futex_wake(&bell->rung, 1);
}
static void bell_drop(void *data) { (void)data; }
static const struct waker_vtable bell_vtable = {bell_clone, bell_ring, bell_ring, bell_drop};
static struct waker bell_clone(void *data) { return (struct waker){&bell_vtable, data}; }

static uint32_t heard(int thread) {
    /* Acquire: pairs with bell_ring. */
    return atomic_load_explicit(&bells[thread].rung, memory_order_acquire);
}
static void wait_at(int thread, uint32_t rung) { futex_wait(&bells[thread].rung, rung); }

static void setup_gate(size_t capacity, enum gate_overflow overflow) {
    gate_init(&gate, slots, capacity, discard);
    gate_join(&gate, &producers[0], GATE_NORMAL, overflow);
    gate_join(&gate, &producers[1], GATE_NORMAL, GATE_WAIT);
    gate_receive(&gate, &receiver);
    for (int n = 0; n < 4; n++) payload[n] = given_up[n] = received[n] = 0;
    told = 0;
    for (int n = 0; n < 2; n++)
        atomic_store_explicit(&bells[n].rung, 0,
                              memory_order_relaxed); /* relaxed: not shared yet */
}

/* Poll an offer once, with a waker that wakes nobody. */
static enum poll poll_quietly(struct gate_offer *offer, struct output *output) {
    struct waker waker = {&bell_vtable, &nobody};
    struct context context = {&waker};
    return future_poll(&offer->future, &context, output);
}
static void begin(int number, int producer, uintptr_t value) {
    payload[value] = (int)value + 1;
    gate_offer_init(&offers[number], &producers[producer], value);
}
static struct output await_offer(int number, int thread) {
    struct waker waker = {&bell_vtable, &bells[thread]};
    struct context context = {&waker};
    struct output output;
    for (;;) {
        uint32_t rung = heard(thread);
        if (future_poll(&offers[number].future, &context, &output) == POLL_READY) break;
        wait_at(thread, rung);
    }
    future_drop(&offers[number].future);
    return output;
}
/* The next value, or -1 at the end. */
static int next_value(int thread) {
    struct waker waker = {&bell_vtable, &bells[thread]};
    struct context context = {&waker};
    struct output output;
    for (;;) {
        uint32_t rung = heard(thread);
        switch (stream_poll_next(&receiver.stream, &context, &output)) {
        case STREAM_END: return -1;
        case STREAM_ITEM:
            scenario_require(payload[output.value] == (int)output.value + 1,
                             "what came before the offer is seen");
            received[output.value]++;
            return (int)output.value;
        case STREAM_PENDING: wait_at(thread, rung);
        }
    }
}
static void credits_are_back(void) {
    struct gate_tally tally = gate_tally(&gate);
    scenario_require(tally.free == gate.capacity && tally.waiting == 0, "no credit is lost");
}
static void accept(int number, int producer, uintptr_t value) {
    struct output output;
    begin(number, producer, value);
    scenario_require(poll_quietly(&offers[number], &output) == POLL_READY && output.error == 0,
                     "there is a credit");
    future_drop(&offers[number].future);
}

/* --- handing over -------------------------------------------------------------------------------- */

static void setup_one(void) { setup_gate(1, GATE_WAIT); }
static void offers_one(void) {
    begin(0, 0, 0);
    struct output output = await_offer(0, 0);
    scenario_require(output.error == 0 && output.value == GATE_ACCEPTED, "there is a credit");
}
static void takes_one(void) {
    scenario_require(next_value(1) == 0, "the value that was offered");
    gate_done(&gate);
}
SCENARIO(value_is_handed_over, .promise = "what was done before the offer is seen with the value",
         .setup = setup_one, .threads = {offers_one, takes_one}, .finally = credits_are_back);

/* The only credit is taken. */
static void setup_taken(void) {
    setup_gate(1, GATE_WAIT);
    accept(0, 0, 0);
    scenario_require(next_value(1) == 0, "the value that was offered");
}
static void offers_another(void) {
    begin(1, 0, 1);
    scenario_require(await_offer(1, 0).error == 0, "there is a credit when the receiver is done");
    scenario_require(told == 1, "what was done before is seen");
}
static void is_done(void) {
    told = 1;
    gate_done(&gate);
}
static void takes_the_other(void) {
    scenario_require(next_value(1) == 1, "the other value");
    gate_done(&gate);
    credits_are_back();
}
SCENARIO(offer_waits_for_a_credit, .promise = "a credit that comes back goes to who waits",
         .setup = setup_taken, .threads = {offers_another, is_done}, .finally = takes_the_other);

/* Two wait; the first goes. */
static void setup_two_waiting(void) {
    struct output output;
    setup_taken();
    for (int n = 1; n < 3; n++) {
        begin(n, 0, (uintptr_t)n);
        scenario_require(poll_quietly(&offers[n], &output) == POLL_PENDING, "there is no credit");
    }
}
static void first_goes_second_waits(void) {
    future_drop(&offers[1].future);
    scenario_require(await_offer(2, 0).error == 0, "the second gets the credit");
}
static void takes_the_second(void) {
    scenario_require(next_value(1) == 2 && given_up[1] == 0,
                     "only the second; the first was taken back");
    gate_done(&gate);
    credits_are_back();
}
SCENARIO(credit_is_passed_on, .promise = "an offer that is dropped keeps no credit",
         .setup = setup_two_waiting, .threads = {first_goes_second_waits, is_done},
         .finally = takes_the_second);

/* --- policies -------------------------------------------------------------------------------------- */

static void setup_oldest(void) {
    setup_gate(1, GATE_DROP_OLDEST);
    accept(0, 0, 0);
}
static void offers_the_newer(void) {
    begin(1, 0, 1);
    struct output output = await_offer(1, 0);
    scenario_require(output.error == 0, "it never waits");
    if (output.value == GATE_DROPPED) scenario_require(given_up[1] == 1, "dropped is given up");
}
static void takes_what_is_there(void) {
    scenario_require(next_value(1) >= 0, "one of them is there");
    gate_done(&gate);
}
static void each_has_one_end(void) {
    gate_close(&gate);
    while (next_value(1) >= 0) gate_done(&gate);
    for (int n = 0; n < 2; n++)
        scenario_require(given_up[n] + received[n] == 1, "received or given up, once");
    credits_are_back();
}
SCENARIO(oldest_is_dropped_or_taken, .promise = "a value is received, or given up, and once",
         .setup = setup_oldest, .threads = {offers_the_newer, takes_what_is_there},
         .finally = each_has_one_end);

/* --- the end --------------------------------------------------------------------------------------- */

static void is_refused(void) {
    begin(1, 0, 1);
    scenario_require(await_offer(1, 0).error == EPIPE, "there will be no credit");
    scenario_require(told == 1, "what was done before the close is seen");
}
static void closes(void) {
    told = 1;
    gate_close(&gate);
}
static void only_the_end_is_left(void) {
    gate_done(&gate);
    scenario_require(next_value(1) == -1, "the end");
    credits_are_back();
}
SCENARIO(close_refuses_who_waits, .promise = "a close wakes offers that wait, and refuses them",
         .setup = setup_taken, .threads = {is_refused, closes}, .finally = only_the_end_is_left);

static struct output verdict;
static void offers_while_it_closes(void) {
    begin(0, 0, 0);
    verdict = await_offer(0, 0);
}
static void closes_and_takes_all(void) {
    gate_close(&gate);
    while (next_value(1) >= 0) gate_done(&gate);
}
static void accepted_is_received(void) {
    scenario_require(received[0] == (verdict.error == 0), "accepted and received, or refused");
    credits_are_back();
}
SCENARIO(close_loses_nothing_accepted, .promise = "what was accepted beside a close is received",
         .setup = setup_one, .threads = {offers_while_it_closes, closes_and_takes_all},
         .finally = accepted_is_received);

/* A credit was granted before the close, and its offer is polled, or dropped, beside it. */
static void setup_granted(void) {
    struct output output;
    setup_taken();
    begin(1, 0, 1);
    scenario_require(poll_quietly(&offers[1], &output) == POLL_PENDING, "there is no credit");
    gate_done(&gate);
}
static void polls_it(void) { verdict = await_offer(1, 0); }
static void granted_is_received(void) {
    scenario_require(verdict.error == 0 && received[1] == 1, "granted before the close: accepted");
    credits_are_back();
}
SCENARIO(end_waits_for_who_was_granted, .promise = "the end comes behind an offer that was granted",
         .setup = setup_granted, .threads = {polls_it, closes_and_takes_all},
         .finally = granted_is_received);

static void drops_it(void) { future_drop(&offers[1].future); }
static void nothing_is_left(void) {
    scenario_require(received[1] == 0 && given_up[1] == 0, "it was taken back");
    credits_are_back();
}
SCENARIO(end_hears_of_a_granted_offer_that_goes,
         .promise = "the end does not wait for an offer that was dropped", .setup = setup_granted,
         .threads = {drops_it, closes_and_takes_all}, .finally = nothing_is_left);

static void drops_the_receiver(void) {
    told = 1;
    stream_drop(&receiver.stream);
}
static void value_has_an_owner(void) {
    scenario_require(given_up[0] == (verdict.error == 0), "accepted and given up, or refused");
    scenario_require(verdict.error == 0 || told == 1, "what came before the drop is seen");
    credits_are_back();
}
SCENARIO(offer_meets_the_drop, .promise = "a value that the drop finds is given up, and once",
         .setup = setup_one, .threads = {offers_while_it_closes, drops_the_receiver},
         .finally = value_has_an_owner);
