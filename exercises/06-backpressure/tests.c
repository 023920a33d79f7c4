/* tests.c - what gate, stage and rate promise, as tests that make their own luck.
 *
 * Everything here runs on one thread, polled by hand, and the clock is a number. The tests know gate.h and
 * rate.h and nothing else: whatever keeps those contracts passes.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "gate.h"
#include "lab.h"
#include "rate.h"
#include "stream.h"

/* --- wakers that count -------------------------------------------------------------------------- */

static int wakes[6], references[6];

static struct waker counting_clone(void *data);
static void counting_wake_by_ref(void *data) { ++*(int *)data; }
static void counting_drop(void *data) { references[(int *)data - wakes]--; }
static void counting_wake(void *data) {
    counting_wake_by_ref(data);
    counting_drop(data);
}
static const struct waker_vtable counting = {counting_clone, counting_wake, counting_wake_by_ref,
                                             counting_drop};
static struct waker counting_clone(void *data) {
    references[(int *)data - wakes]++;
    return (struct waker){&counting, data};
}
static struct waker wakers[6] = {{&counting, &wakes[0]}, {&counting, &wakes[1]},
                                 {&counting, &wakes[2]}, {&counting, &wakes[3]},
                                 {&counting, &wakes[4]}, {&counting, &wakes[5]}};
static struct context contexts[6] = {{&wakers[0]}, {&wakers[1]}, {&wakers[2]},
                                     {&wakers[3]}, {&wakers[4]}, {&wakers[5]}};
static bool no_waker_is_left(void) {
    for (int task = 0; task < 6; task++)
        if (references[task] != 0) return false;
    return true;
}

/* --- a gate, and who uses it --------------------------------------------------------------------- */

static struct gate_slot slots[40];
static struct gate gate;
static struct gate_producer producers[4];
static struct gate_offer offers[8];
static struct gate_receiver receiver;
static struct output output; /* of the latest poll */
static char given_up[40];
static size_t n_given_up;

static void discard(uintptr_t value) { given_up[n_given_up++] = (char)value; }

static void open_gate(size_t capacity) {
    gate_init(&gate, slots, capacity, discard);
    gate_receive(&gate, &receiver);
}
static void join(int producer, enum gate_lane lane, enum gate_overflow overflow) {
    gate_join(&gate, &producers[producer], lane, overflow);
}
static void open_simple_gate(size_t capacity, enum gate_overflow overflow) {
    open_gate(capacity);
    join(0, GATE_NORMAL, overflow);
}
static enum poll poll_offer(int number, int task) {
    output = (struct output){.error = 77, .value = 77};
    return future_poll(&offers[number].future, &contexts[task], &output);
}
/* Begin offer n, of producer p, as task n. */
static enum poll offer(int number, int producer, char value) {
    gate_offer_init(&offers[number], &producers[producer], (uintptr_t)value);
    return poll_offer(number, number);
}
static bool is_accepted(int number) {
    bool yes = poll_offer(number, number) == POLL_READY && output.error == 0 &&
               output.value == GATE_ACCEPTED;
    if (yes) future_drop(&offers[number].future);
    return yes;
}
/* A whole offer, which must be accepted. */
static void fill(int producer, const char *values) {
    for (; *values; values++) {
        cr_assert_eq(offer(7, producer, *values), POLL_READY, "there is a credit for '%c'",
                     *values);
        cr_assert(output.error == 0 && output.value == GATE_ACCEPTED, "it is accepted");
        future_drop(&offers[7].future);
    }
}
/* What the receiver says: a value, '-' pending, '.' the end. Not done with it. */
static char take(void) {
    output = (struct output){.error = 77};
    switch (stream_poll_next(&receiver.stream, &contexts[0], &output)) {
    case STREAM_ITEM: return (char)output.value;
    case STREAM_PENDING: return '-';
    default: return output.error ? '!' : '.';
    }
}
/* Take as long as there is something, and be done with each. */
static char said[200];
static const char *drain(void) {
    size_t n = 0;
    for (char what; n < sizeof said - 1;) {
        said[n++] = what = take();
        if (what == '-' || what == '.' || what == '!') break;
        gate_done(&gate);
    }
    said[n] = '\0';
    return said;
}
static bool tally_is(size_t free, size_t granted, size_t queued, size_t taken, size_t waiting) {
    struct gate_tally tally = gate_tally(&gate);
    return tally.free == free && tally.granted == granted && tally.queued == queued &&
           tally.taken == taken && tally.waiting == waiting;
}

/* --- STEP 1: credits ----------------------------------------------------------------------------- */

Test(gate, without_slots_panics) {
    lab_expect_panic("gate_init");
    gate_init(&gate, slots, 0, NULL);
}

Test(gate, hands_values_over_in_order) {
    open_simple_gate(3, GATE_WAIT);
    for (int round = 0; round < 5; round++) {
        fill(0, "abc");
        cr_assert_str_eq(drain(), "abc-", "in the order of the offers, round %d: %s", round, said);
    }
}

Test(gate, credit_comes_back_when_the_receiver_is_done) {
    open_simple_gate(2, GATE_WAIT);
    fill(0, "ab");
    cr_assert_eq(offer(1, 0, 'c'), POLL_PENDING, "two credits, two values");
    cr_assert_eq(output.value, 77, "pending leaves the output alone");
    cr_assert_eq(take(), 'a', "a value is taken");
    cr_assert(wakes[1] == 0 && poll_offer(1, 1) == POLL_PENDING, "and still has its credit");
    gate_done(&gate);
    cr_assert_eq(wakes[1], 1, "until the receiver is done");
    cr_assert(is_accepted(1), "then there is room");
    cr_assert_str_eq(drain(), "bc-", "%s", said);
}

Test(gate, done_without_a_value_panics) {
    open_simple_gate(2, GATE_WAIT);
    fill(0, "a");
    lab_expect_panic("gate_done");
    gate_done(&gate);
}

Test(gate, value_wakes_the_receiver) {
    open_simple_gate(3, GATE_WAIT);
    cr_assert_eq(take(), '-', "nothing yet");
    fill(0, "a");
    cr_assert_eq(wakes[0], 1, "a value wakes the receiver");
    fill(0, "b");
    cr_assert_eq(wakes[0], 1, "who is awake is not woken");
    take(), take();
    stream_poll_next(&receiver.stream, &contexts[2], &output);
    stream_poll_next(&receiver.stream, &contexts[3], &output);
    fill(0, "c");
    cr_assert(wakes[2] == 0 && wakes[3] == 1, "the waker of the latest poll is woken");
}

Test(gate, serves_offers_in_their_order) {
    open_simple_gate(1, GATE_WAIT);
    fill(0, "a");
    for (int n = 1; n < 4; n++) cr_assert_eq(offer(n, 0, (char)('a' + n)), POLL_PENDING, "full");
    take();
    gate_done(&gate);
    cr_assert(wakes[1] == 1 && wakes[2] + wakes[3] == 0, "one credit, one offer");
    cr_assert_eq(offer(4, 0, 'e'), POLL_PENDING, "nobody overtakes");
    cr_assert_eq(poll_offer(2, 2), POLL_PENDING, "nor among those who wait");
    cr_assert(is_accepted(1), "the credit waits for the first");
}

Test(gate, wakes_the_latest_waker_of_an_offer) {
    open_simple_gate(1, GATE_WAIT);
    fill(0, "a");
    offer(1, 0, 'b');
    poll_offer(1, 2);
    take();
    gate_done(&gate);
    cr_assert(wakes[1] == 0 && wakes[2] == 1, "of the latest poll");
    cr_assert_eq(references[1], 0, "the earlier waker is given up");
}

Test(gate, dropped_offer_leaves_the_line) {
    open_simple_gate(1, GATE_WAIT);
    fill(0, "a");
    for (int n = 1; n < 4; n++) offer(n, 0, (char)('a' + n));
    for (int n = 2; n > 0; n--) {
        future_drop(&offers[n].future);
        memset((void *)&offers[n], 0xee, sizeof offers[n]);
    }
    take();
    gate_done(&gate);
    cr_assert(wakes[1] + wakes[2] == 0 && wakes[3] == 1, "the credit goes to who is still there");
    cr_assert(is_accepted(3), "and may be used");
    offer(4, 0, 'e');
    future_drop(&offers[4].future);
    memset((void *)&offers[4], 0xee, sizeof offers[4]);
    cr_assert_str_eq(drain(), "d-", "only one value was accepted: %s", said);
    cr_assert(n_given_up == 0, "a value that was taken back is the caller's");
    references[0] = 0; /* the receiver still waits */
    cr_assert(no_waker_is_left(), "no waker is left");
}

Test(gate, credit_of_a_dropped_offer_is_passed_on) {
    open_simple_gate(1, GATE_WAIT);
    fill(0, "a");
    offer(1, 0, 'b');
    offer(2, 0, 'c');
    take();
    gate_done(&gate);
    cr_assert_eq(wakes[1], 1, "the first is granted the credit");
    future_drop(&offers[1].future);
    cr_assert(wakes[2] == 1 && is_accepted(2), "it never asks, so the second gets it");
    cr_assert_str_eq(drain(), "c-", "%s", said);
    fill(0, "d");
}

/* A waker whose drop or wake comes back to the gate. */
static struct waker nosy_clone(void *data);
static void nosy_drop(void *data) {
    (void)data;
    gate_tally(&gate);
}
static const struct waker_vtable nosy = {nosy_clone, nosy_drop, nosy_drop, nosy_drop};
static struct waker nosy_clone(void *data) { return (struct waker){&nosy, data}; }
static struct waker nosy_waker = {&nosy, NULL};
static struct context nosy_context = {&nosy_waker};
static void nosy_discard(uintptr_t value) {
    discard(value);
    gate_tally(&gate);
}

Test(gate, runs_nobodys_code_under_its_lock) {
    gate_init(&gate, slots, 1, nosy_discard);
    gate_receive(&gate, &receiver);
    join(0, GATE_NORMAL, GATE_WAIT);
    join(1, GATE_NORMAL, GATE_DROP_NEWEST);
    stream_poll_next(&receiver.stream, &nosy_context, &output);
    take(); /* drops the waker before */
    stream_poll_next(&receiver.stream, &nosy_context, &output);
    fill(0, "a"); /* wakes it */
    gate_offer_init(&offers[1], &producers[0], 'b');
    future_poll(&offers[1].future, &nosy_context, &output);
    poll_offer(1, 1); /* drops the waker before */
    future_poll(&offers[1].future, &nosy_context, &output);
    offer(2, 1, 'c'); /* is given up */
    take();
    gate_done(&gate); /* wakes it */
    cr_assert(is_accepted(1) && n_given_up == 1, "and all goes on");
}

/* --- STEP 2: overflow ---------------------------------------------------------------------------- */

Test(overflow, drop_newest_gives_the_offer_up) {
    open_simple_gate(2, GATE_DROP_NEWEST);
    fill(0, "ab");
    cr_assert_eq(offer(1, 0, 'c'), POLL_READY, "it does not wait");
    cr_assert(output.error == 0 && output.value == GATE_DROPPED, "and is told");
    cr_assert(n_given_up == 1 && given_up[0] == 'c', "the value is given up");
    cr_assert_str_eq(drain(), "ab-", "the others stay: %s", said);
    fill(0, "d");
}

Test(overflow, drop_oldest_gives_its_oldest_up) {
    open_gate(4);
    join(0, GATE_NORMAL, GATE_WAIT);
    join(1, GATE_NORMAL, GATE_DROP_OLDEST);
    fill(0, "a");
    fill(1, "xyz");
    cr_assert_eq(offer(1, 1, 'w'), POLL_READY, "it does not wait");
    cr_assert(output.error == 0 && output.value == GATE_ACCEPTED, "it is accepted");
    cr_assert(n_given_up == 1 && given_up[0] == 'x', "for the oldest of its own");
    cr_assert(tally_is(0, 0, 4, 0, 0), "no credit more, no credit less");
    cr_assert_str_eq(drain(), "ayzw-", "in their order: %s", said);
}

Test(overflow, drop_oldest_without_one_drops_the_newest) {
    open_gate(1);
    join(0, GATE_NORMAL, GATE_DROP_OLDEST);
    join(1, GATE_NORMAL, GATE_DROP_OLDEST);
    fill(0, "a");
    offer(1, 1, 'x');
    cr_assert(output.error == 0 && output.value == GATE_DROPPED, "nobody else's value is given up");
    cr_assert(n_given_up == 1 && given_up[0] == 'x', "so its own is");
    cr_assert_eq(take(), 'a', "the other is there");
    offer(2, 0, 'b');
    cr_assert(output.value == GATE_DROPPED && given_up[1] == 'b',
              "one that is taken is out of reach");
}

Test(overflow, fail_leaves_the_value_with_its_caller) {
    open_simple_gate(1, GATE_FAIL);
    fill(0, "a");
    cr_assert_eq(offer(1, 0, 'b'), POLL_READY, "it does not wait");
    cr_assert_eq(output.error, EAGAIN, "and is told");
    cr_assert(n_given_up == 0 && tally_is(0, 0, 1, 0, 0), "nothing else happens");
}

Test(overflow, no_policy_overtakes_who_waits) {
    open_gate(1);
    join(0, GATE_NORMAL, GATE_WAIT);
    join(1, GATE_NORMAL, GATE_FAIL);
    fill(0, "a");
    offer(1, 0, 'b');
    take();
    gate_done(&gate);
    offer(2, 1, 'x');
    cr_assert_eq(output.error, EAGAIN, "the credit has been granted");
    cr_assert(is_accepted(1), "to who waited");
}

/* --- STEP 3: fairness between producers ------------------------------------------------------------ */

Test(fairness, producers_take_turns) {
    open_gate(12);
    for (int n = 0; n < 3; n++) join(n, GATE_NORMAL, GATE_WAIT);
    fill(0, "aaaaaa");
    fill(1, "bb");
    fill(2, "ccc");
    cr_assert_str_eq(drain(), "abcabcacaaa-", "%s", said);
    fill(0, "a");
    fill(1, "b");
    cr_assert_eq(take(), 'b', "the turn goes on where it was");
}

Test(fairness, turns_stay_within_a_lane) {
    open_gate(12);
    join(0, GATE_NORMAL, GATE_WAIT);
    join(1, GATE_BULK, GATE_WAIT);
    join(2, GATE_NORMAL, GATE_WAIT);
    fill(0, "aaa");
    fill(1, "xx");
    fill(2, "cc");
    cr_assert_str_eq(drain(), "acacaxx-", "%s", said);
}

Test(fairness, credit_goes_to_who_has_the_fewest) {
    open_gate(4);
    for (int n = 0; n < 3; n++) join(n, GATE_NORMAL, GATE_WAIT);
    fill(0, "aa");
    fill(1, "bb");
    cr_assert_eq(offer(1, 0, 'a'), POLL_PENDING, "full");
    cr_assert_eq(offer(2, 1, 'b'), POLL_PENDING, "full");
    cr_assert_eq(offer(3, 2, 'c'), POLL_PENDING, "full");
    cr_assert_eq(take(), 'a', "of the first");
    gate_done(&gate);
    cr_assert(wakes[3] == 1 && wakes[1] + wakes[2] == 0, "who has none comes first");
    cr_assert_eq(take(), 'b', "of the second");
    gate_done(&gate);
    cr_assert(wakes[1] == 1 && wakes[2] == 0, "then, of two with one each, who came first");
    cr_assert_eq(take(), 'a', "of the first");
    cr_assert_eq(take(), 'b', "of the second");
    gate_done(&gate);
    cr_assert_eq(wakes[2], 1, "then the last");
    cr_assert(is_accepted(1) && is_accepted(2) && is_accepted(3), "all are accepted");
}

Test(fairness, flood_competes_with_itself) {
    open_gate(3);
    for (int n = 0; n < 2; n++) join(n, GATE_NORMAL, GATE_WAIT);
    fill(0, "aaa");
    for (int n = 1; n < 5; n++) offer(n, 0, 'a');
    offer(5, 1, 'b');
    take();
    gate_done(&gate);
    cr_assert(wakes[5] == 1 && is_accepted(5), "four were there before; it has nothing yet");
    take();
    cr_assert_eq(take(), 'a', "its value comes in its turn");
    gate_done(&gate);
    cr_assert_eq(wakes[1], 1, "and then they come in their order");
}

Test(fairness, taken_values_do_not_count) {
    open_gate(3);
    for (int n = 0; n < 2; n++) join(n, GATE_NORMAL, GATE_WAIT);
    fill(0, "aa");
    cr_assert(take() == 'a' && take() == 'a', "the receiver has them");
    fill(1, "b");
    offer(1, 1, 'b');
    offer(2, 0, 'a');
    gate_done(&gate);
    cr_assert(wakes[2] == 1 && wakes[1] == 0, "a producer has what is queued or granted");
}

/* --- STEP 4: lanes ------------------------------------------------------------------------------- */

Test(lanes, most_urgent_first) {
    open_gate(9);
    join(0, GATE_BULK, GATE_WAIT);
    join(1, GATE_NORMAL, GATE_WAIT);
    join(2, GATE_URGENT, GATE_WAIT);
    fill(0, "xx");
    fill(1, "nn");
    fill(2, "uu");
    cr_assert_str_eq(drain(), "uunnxx-", "%s", said);
}

Test(lanes, nobody_is_passed_over_for_ever) {
    open_gate(30);
    join(0, GATE_URGENT, GATE_WAIT);
    join(1, GATE_BULK, GATE_WAIT);
    fill(1, "xxx");
    fill(0, "uuuuuuuuuuuuuuuuuuuu");
    cr_assert_str_eq(drain(), "uuuuuuuuxuuuuuuuuxuuuux-", "every ninth: %s", said);
}

Test(lanes, least_urgent_of_two_that_are_due) {
    open_gate(40);
    join(0, GATE_URGENT, GATE_WAIT);
    join(1, GATE_NORMAL, GATE_WAIT);
    join(2, GATE_BULK, GATE_WAIT);
    fill(0, "uuuuuuuuuuuuuuuuuuuu");
    fill(1, "nnn");
    fill(2, "xxx");
    cr_assert_str_eq(drain(), "uuuuuuuuxnuuuuuuuxunuuuunx-", "%s", said);
}

Test(lanes, patience_begins_with_the_value) {
    open_gate(30);
    join(0, GATE_URGENT, GATE_WAIT);
    join(1, GATE_BULK, GATE_WAIT);
    fill(0, "uuuuuuuuuu");
    for (int n = 0; n < 7; n++) take();
    fill(1, "x");
    fill(0, "uuuuuuuu");
    cr_assert_str_eq(drain(), "uuuuuuuuxuuu-", "an empty lane is not passed over: %s", said);
}

/* --- STEP 5: the end ----------------------------------------------------------------------------- */

Test(end, close_delivers_what_was_accepted) {
    open_simple_gate(3, GATE_WAIT);
    fill(0, "ab");
    gate_close(&gate);
    gate_close(&gate);
    cr_assert_eq(offer(1, 0, 'c'), POLL_READY, "it does not wait");
    cr_assert_eq(output.error, EPIPE, "a closed gate accepts nothing, though a credit is free");
    cr_assert_str_eq(drain(), "ab.", "%s", said);
    cr_assert(n_given_up == 0 && tally_is(3, 0, 0, 0, 0), "nothing was given up");
}

Test(end, close_wakes_the_receiver) {
    open_simple_gate(3, GATE_WAIT);
    cr_assert_eq(take(), '-', "nothing yet");
    gate_close(&gate);
    cr_assert(wakes[0] == 1 && take() == '.', "nor ever");
    cr_assert(no_waker_is_left(), "no waker is left");
}

Test(end, close_refuses_all_who_wait) {
    open_gate(1);
    join(0, GATE_NORMAL, GATE_WAIT);
    join(1, GATE_BULK, GATE_WAIT);
    fill(0, "a");
    offer(1, 0, 'b');
    offer(2, 1, 'c');
    offer(3, 0, 'd');
    gate_close(&gate);
    for (int n = 1; n < 4; n++) {
        cr_assert_eq(wakes[n], 1, "each is woken");
        cr_assert(poll_offer(n, n) == POLL_READY && output.error == EPIPE, "and refused");
        future_drop(&offers[n].future);
    }
    cr_assert(n_given_up == 0 && no_waker_is_left(), "their values are theirs");
    cr_assert(tally_is(0, 0, 1, 0, 0), "nobody waits");
}

/* A waker that is done with a value when it is woken: in the middle of a close. */
static struct waker busy_clone(void *data);
static void busy_wake(void *data) {
    (void)data;
    gate_done(&gate);
}
static void busy_drop(void *data) { (void)data; }
static const struct waker_vtable busy = {busy_clone, busy_wake, busy_wake, busy_drop};
static struct waker busy_clone(void *data) { return (struct waker){&busy, data}; }

Test(end, close_grants_nothing_any_more) {
    struct waker waker = {&busy, NULL};
    struct context context = {&waker};
    open_simple_gate(1, GATE_WAIT);
    fill(0, "a");
    take();
    gate_offer_init(&offers[1], &producers[0], 'b');
    future_poll(&offers[1].future, &context, &output);
    offer(2, 0, 'c');
    gate_close(&gate); /* wakes the first, and a credit comes back; the second still waits */
    cr_assert(poll_offer(1, 1) == POLL_READY && output.error == EPIPE, "the first is refused");
    cr_assert(poll_offer(2, 2) == POLL_READY && output.error == EPIPE, "and so is the second");
    cr_assert(tally_is(1, 0, 0, 0, 0), "the credit is free");
}

Test(end, waits_for_who_was_granted) {
    open_simple_gate(1, GATE_WAIT);
    fill(0, "a");
    offer(1, 0, 'b');
    offer(2, 0, 'c');
    take();
    gate_done(&gate);
    gate_close(&gate);
    cr_assert_eq(take(), '-', "a credit is on its way");
    cr_assert(is_accepted(1), "granted before the close, so accepted");
    cr_assert_eq(wakes[0], 1, "that wakes the receiver");
    cr_assert_str_eq(drain(), "b.", "%s", said);
}

Test(end, hears_that_the_granted_one_went) {
    open_simple_gate(1, GATE_WAIT);
    fill(0, "a");
    offer(1, 0, 'b');
    take();
    gate_done(&gate);
    gate_close(&gate);
    cr_assert_eq(take(), '-', "a credit is on its way");
    future_drop(&offers[1].future);
    cr_assert_eq(wakes[0], 1, "it will not come");
    cr_assert(take() == '.' && tally_is(1, 0, 0, 0, 0), "so this is the end");
}

Test(end, dropped_receiver_discards) {
    open_gate(4);
    join(0, GATE_NORMAL, GATE_WAIT);
    join(1, GATE_BULK, GATE_WAIT);
    cr_assert_eq(take(), '-', "nothing yet");
    fill(1, "x");
    fill(0, "abc");
    cr_assert_eq(take(), 'a', "this one is taken");
    offer(1, 0, 'd');
    stream_drop(&receiver.stream);
    cr_assert_eq(n_given_up, 3, "each value that is queued is given up");
    cr_assert(!memchr(given_up, 'a', 3) && memchr(given_up, 'x', 3),
              "and not the one that is taken");
    cr_assert(poll_offer(1, 1) == POLL_READY && output.error == EPIPE, "who waits is refused");
    gate_done(&gate);
    cr_assert(tally_is(4, 0, 0, 0, 0) && no_waker_is_left(), "all credits are back");
}

Test(end, granted_offer_finds_nobody) {
    open_simple_gate(1, GATE_WAIT);
    fill(0, "a");
    offer(1, 0, 'b');
    take();
    gate_done(&gate);
    stream_drop(&receiver.stream);
    cr_assert(poll_offer(1, 1) == POLL_READY && output.error == EPIPE, "there is no receiver");
    future_drop(&offers[1].future);
    cr_assert(tally_is(1, 0, 0, 0, 0) && n_given_up == 0, "the value is the caller's");
}

Test(end, dropped_receiver_gives_its_waker_up) {
    open_simple_gate(1, GATE_WAIT);
    cr_assert_eq(take(), '-', "nothing yet");
    stream_drop(&receiver.stream);
    cr_assert(no_waker_is_left(), "it waits no more");
}

Test(end, tally_says_where_the_credits_are) {
    open_simple_gate(4, GATE_WAIT);
    cr_assert(tally_is(4, 0, 0, 0, 0), "free");
    fill(0, "abcd");
    offer(1, 0, 'e');
    offer(2, 0, 'f');
    cr_assert(tally_is(0, 0, 4, 0, 2), "queued, and two wait");
    take(), take();
    cr_assert(tally_is(0, 0, 2, 2, 2), "taken");
    gate_done(&gate);
    cr_assert(tally_is(0, 1, 2, 1, 1), "granted");
}

/* --- STEP 6: a stage ----------------------------------------------------------------------------- */

static struct gate second_gate;
static struct gate_slot second_slots[4];
static struct gate_producer second_producer;
static struct gate_receiver second_receiver;
static struct stage stage;

/* Work that is ready when the test says so. */
static struct work {
    struct future future;
    struct output output;
    bool ready;
    int started, polls, drops;
} work;
static enum poll work_poll(struct future *self, struct context *context, struct output *out) {
    (void)self, (void)context;
    work.polls++;
    if (!work.ready) return POLL_PENDING;
    *out = work.output;
    return POLL_READY;
}
static void work_drop(struct future *self) {
    (void)self;
    work.drops++;
}
static const struct future_vtable work_vtable = {work_poll, work_drop};
static struct future *do_work(void *env, uintptr_t value) {
    (void)env;
    work.started++;
    work.output = (struct output){.value = value - 'a' + 'A', .error = value == 'x' ? EIO : 0};
    future_init(&work.future, &work_vtable);
    return &work.future;
}
static char second_given_up[10];
static size_t n_second_given_up;
static void second_discard(uintptr_t value) { second_given_up[n_second_given_up++] = (char)value; }

static void start_stage(size_t capacity, const char *values, bool ready) {
    open_simple_gate(4, GATE_WAIT);
    gate_init(&second_gate, second_slots, capacity, second_discard);
    gate_join(&second_gate, &second_producer, GATE_NORMAL, GATE_WAIT);
    gate_receive(&second_gate, &second_receiver);
    stage_init(&stage, &receiver, do_work, NULL, &second_producer);
    fill(0, values);
    work.ready = ready;
}
static enum poll poll_stage(void) {
    output = (struct output){.error = 77, .value = 77};
    return future_poll(&stage.future, &contexts[5], &output);
}
static char take_second(void) {
    if (stream_poll_next(&second_receiver.stream, &contexts[4], &output) != STREAM_ITEM) return '-';
    return (char)output.value;
}

Test(stage, works_from_gate_to_gate) {
    start_stage(4, "abc", true);
    cr_assert_eq(work.started, 0, "nothing happens before the first poll");
    cr_assert_eq(poll_stage(), POLL_PENDING, "it waits for more");
    cr_assert(take_second() == 'A' && take_second() == 'B' && take_second() == 'C',
              "in their order");
    cr_assert(tally_is(4, 0, 0, 0, 0), "the first gate's credits are free");
    cr_assert_eq(work.drops, 3, "each work is dropped");
    gate_close(&gate);
    cr_assert_eq(poll_stage(), POLL_READY, "the first gate has ended");
    cr_assert(output.error == 0 && output.value == 3, "so many were finished");
}

Test(stage, keeps_its_credit_while_it_works) {
    start_stage(4, "ab", false);
    cr_assert_eq(poll_stage(), POLL_PENDING, "at work");
    cr_assert(work.started == 1 && tally_is(2, 0, 1, 1, 0), "on one value, whose credit is taken");
    poll_stage();
    cr_assert_eq(work.polls, 2, "a poll goes to the work");
    work.ready = true;
    poll_stage();
    cr_assert(tally_is(4, 0, 0, 0, 0), "and is free when it is done");
}

Test(stage, keeps_its_credit_until_the_next_accepts) {
    start_stage(1, "abc", true);
    cr_assert_eq(poll_stage(), POLL_PENDING, "the next gate is full");
    cr_assert(work.started == 2 && tally_is(2, 0, 1, 1, 0),
              "so it keeps what it has, and takes no more");
    cr_assert_eq(take_second(), 'A', "the sink takes one");
    poll_stage();
    cr_assert_eq(work.started, 2, "and is not done with it");
    gate_done(&second_gate);
    cr_assert_eq(wakes[5], 1, "now there is room");
    poll_stage();
    cr_assert_eq(work.started, 3, "for the next");
}

Test(stage, goes_on_after_an_error) {
    start_stage(4, "axb", true);
    poll_stage();
    cr_assert(take_second() == 'A' && take_second() == 'B', "the others come through");
    cr_assert(stage.failed == 1 && tally_is(4, 0, 0, 0, 0), "the credit is free all the same");
}

Test(stage, sink_forgets_results) {
    open_simple_gate(4, GATE_WAIT);
    stage_init(&stage, &receiver, do_work, NULL, NULL);
    fill(0, "axb");
    work.ready = true;
    poll_stage();
    cr_assert(stage.finished == 2 && stage.failed == 1, "two of three");
    cr_assert(tally_is(4, 0, 0, 0, 0), "and all credits are back");
}

Test(stage, ends_with_the_next_gate) {
    start_stage(4, "ab", false);
    poll_stage();
    gate_close(&second_gate);
    work.ready = true;
    cr_assert_eq(poll_stage(), POLL_READY, "nobody wants its results");
    cr_assert(output.error == EPIPE && output.value == 0, "and it says so");
    cr_assert(n_second_given_up == 1 && second_given_up[0] == 'A', "the result is discarded");
    cr_assert(tally_is(3, 0, 1, 0, 0), "the credit is back");
    future_drop(&stage.future);
    cr_assert(n_second_given_up == 1 && tally_is(3, 0, 1, 0, 0), "once");
}

Test(stage, dropped_at_work) {
    start_stage(4, "ab", false);
    poll_stage();
    future_drop(&stage.future);
    cr_assert(work.drops == 1 && tally_is(3, 0, 1, 0, 0),
              "the work is dropped, the credit is back");
}

Test(stage, dropped_while_it_offers) {
    start_stage(1, "ab", true);
    poll_stage();
    future_drop(&stage.future);
    cr_assert(n_second_given_up == 1 && second_given_up[0] == 'B', "the result is discarded");
    cr_assert(tally_is(4, 0, 0, 0, 0), "the credit is back");
    cr_assert_eq(gate_tally(&second_gate).waiting, 0, "the offer was taken back");
    references[0] = 0;
    cr_assert(no_waker_is_left(), "no waker is left");
}

Test(stage, lets_others_by) {
    open_simple_gate(4, GATE_WAIT);
    static struct gate_slot many[STREAM_BUDGET + 10];
    gate_init(&gate, many, STREAM_BUDGET + 10, discard);
    join(0, GATE_NORMAL, GATE_WAIT);
    stage_init(&stage, &receiver, do_work, NULL, NULL);
    for (int n = 0; n < STREAM_BUDGET + 10; n++) fill(0, "a");
    work.ready = true;
    cr_assert_eq(poll_stage(), POLL_PENDING, "there is more");
    cr_assert(wakes[5] == 1 && work.started == STREAM_BUDGET,
              "a budget of values, then the others");
}

/* --- STEP 7: an adaptive rate -------------------------------------------------------------------- */

static struct rate rate;
#define MS UINT64_C(1000000)

/* A round of 10 ms with these latencies: begun by the first sample. */
static uint64_t now_ns;
static void begin_rate(uint64_t least, uint64_t most, uint64_t step) {
    now_ns = 1000 * MS;
    rate_init(&rate, least, most, step, 10 * MS, now_ns);
}
static void round_of(int samples, uint64_t latency_ns) {
    for (int n = 0; n < samples; n++) rate_sample(&rate, latency_ns, now_ns + (uint64_t)n);
    now_ns += 10 * MS;
}

Test(rate, begins_at_the_least) {
    begin_rate(100, 1000, 50);
    cr_assert_eq(rate.per_second, 100, "it begins slowly");
}

Test(rate, nonsense_panics) {
    lab_expect_panic("rate_init");
    rate_init(&rate, 0, 1000, 10, 10 * MS, 0);
}

Test(rate, upside_down_panics) {
    lab_expect_panic("rate_init");
    rate_init(&rate, 1001, 1000, 10, 10 * MS, 0);
}

Test(rate, grows_by_a_step_each_good_round) {
    begin_rate(100, 1000, 50);
    for (int rounds = 0; rounds < 5; rounds++) {
        cr_assert_eq(rate.per_second, (uint64_t)(100 + 50 * (rounds ? rounds - 1 : 0)),
                     "by the step, whatever the rate: %d", rounds);
        round_of(3, 10 * MS);
    }
    rate_sample(&rate, 1, now_ns);
    cr_assert_eq(rate.per_second, 350, "a latency of just the aim is good");
}

Test(rate, halves_once_a_round) {
    begin_rate(100, 1000, 450);
    round_of(1, 1);
    round_of(1, 1);
    rate_sample(&rate, 1, now_ns);
    cr_assert_eq(rate.per_second, 1000, "at its most");
    now_ns += 10 * MS;
    round_of(100, 10 * MS + 1);
    cr_assert_eq(rate.per_second, 1000, "a round of late ones has to end first");
    rate_sample(&rate, 10 * MS + 1, now_ns);
    cr_assert_eq(rate.per_second, 500, "a hundred late ones halve once");
    now_ns += 10 * MS;
    rate_sample(&rate, 1, now_ns);
    cr_assert_eq(rate.per_second, 250, "and the next round once more");
}

Test(rate, one_late_spoils_the_round) {
    begin_rate(100, 1000, 100);
    round_of(5, 1);
    rate_sample(&rate, 1, now_ns);
    rate_sample(&rate, 11 * MS, now_ns + 1);
    rate_sample(&rate, 1, now_ns + 2);
    cr_assert_eq(rate.per_second, 200, "the first round was good");
    rate_sample(&rate, 1, now_ns + 10 * MS);
    cr_assert_eq(rate.per_second, 100, "the second had a late one");
}

Test(rate, stays_within_its_bounds) {
    begin_rate(300, 1000, 400);
    for (int rounds = 0; rounds < 4; rounds++) round_of(1, 1);
    cr_assert_eq(rate.per_second, 1000, "not above the most");
    for (int rounds = 0; rounds < 4; rounds++) round_of(1, 11 * MS);
    cr_assert_eq(rate.per_second, 300, "nor below the least");
}

Test(rate, step_may_be_huge) {
    begin_rate(100, 1000, UINT64_MAX);
    round_of(1, 1);
    rate_sample(&rate, 1, now_ns);
    cr_assert_eq(rate.per_second, 1000, "the most is the most");
}

Test(rate, round_lasts_its_time) {
    begin_rate(100, 1000, 50);
    rate_sample(&rate, 1, now_ns);
    rate_sample(&rate, 1, now_ns + 10 * MS - 1);
    cr_assert_eq(rate.per_second, 100, "not before its end");
    rate_sample(&rate, 1, now_ns + 10 * MS);
    cr_assert_eq(rate.per_second, 150, "at its end");
    rate_sample(&rate, 1, now_ns + 20 * MS - 1);
    cr_assert_eq(rate.per_second, 150, "and the next lasts as long");
    rate_sample(&rate, 1, now_ns + 95 * MS);
    cr_assert_eq(rate.per_second, 200, "a long silence is one round");
    rate_sample(&rate, 1, now_ns + 105 * MS - 1);
    cr_assert_eq(rate.per_second, 200, "the next begins at the sample that ended it");
}

Test(rate, first_round_may_be_empty) {
    begin_rate(100, 1000, 50);
    rate_sample(&rate, 11 * MS, now_ns + 50 * MS);
    cr_assert_eq(rate.per_second, 100, "no sample, no change");
    rate_sample(&rate, 1, now_ns + 60 * MS);
    cr_assert_eq(rate.per_second, 100, "then it was late, and is at its least");
    rate_sample(&rate, 1, now_ns + 70 * MS);
    cr_assert_eq(rate.per_second, 150, "then good");
}

Test(rate, spaces_values_evenly) {
    begin_rate(400, 1000, 100);
    cr_assert_eq(rate_next(&rate, now_ns), now_ns, "the first at once");
    cr_assert_eq(rate_next(&rate, now_ns), now_ns + 2500000, "the next at its distance");
    cr_assert_eq(rate_next(&rate, now_ns + 1), now_ns + 5000000, "and so on");
    uint64_t later = now_ns + 100 * MS;
    cr_assert_eq(rate_next(&rate, later), later, "after a pause at once");
    cr_assert_eq(rate_next(&rate, later), later + 2500000,
                 "but only one: a pause is not made up for");
}
