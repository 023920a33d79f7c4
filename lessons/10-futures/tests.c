/* tests.c - what one thread alone can see of futures.
 *
 * Each rule of future.h and coroutine.h that needs no second thread; the others are in scenarios.c.
 * The tests know the two headers and nothing else.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "coroutine.h"
#include "future.h"
#include "lab.h"

/* --- wakers that count, and children that tell -------------------------------------------------- */

struct tally {
    int references, clones, wakes, drops;
};
static struct waker tally_clone(void *data);
static void tally_drop(void *data) {
    struct tally *tally = data;
    cr_assert(tally->references > 0, "a waker is given up once");
    tally->references--, tally->drops++;
}
static void tally_wake_by_ref(void *data) {
    struct tally *tally = data;
    cr_assert(tally->references > 0, "a waker is used only while its reference is held");
    tally->wakes++;
}
static void tally_wake(void *data) {
    struct tally *tally = data;
    tally_wake_by_ref(data);
    tally->references--; /* given up, not dropped */
}
static const struct waker_vtable tally_vtable = {tally_clone, tally_wake, tally_wake_by_ref,
                                                 tally_drop};
static struct waker tally_clone(void *data) {
    struct tally *tally = data;
    tally->references++, tally->clones++;
    return (struct waker){&tally_vtable, tally};
}

static struct tally tallies[3];
static struct waker waker_of(int number) {
    tallies[number].references += tallies[number].references == 0; /* the executor's own */
    return (struct waker){&tally_vtable, &tallies[number]};
}
static void no_waker_is_kept(int number) {
    cr_assert(tallies[number].references <= 1, "no waker is kept (%d references)",
              tallies[number].references);
}

/* Ready at its poll number `at`; 0: never. Keeps a clone of the latest waker. */
struct child {
    struct future future;
    int at, polls, drops;
    struct output output;
    struct waker waker;
};
static int order_of_drops[8], dropped;

static enum poll child_poll(struct future *self, struct context *context, struct output *output) {
    struct child *child = (struct child *)self;
    cr_assert(child->drops == 0, "a future is not polled after its drop");
    if (++child->polls == child->at) {
        *output = child->output;
        return POLL_READY;
    }
    struct waker latest = waker_clone(context->waker);
    waker_drop(&child->waker);
    child->waker = latest;
    return POLL_PENDING;
}
static struct child children[3];
static void child_drop(struct future *self) {
    struct child *child = (struct child *)self;
    cr_assert(++child->drops == 1, "a child is dropped once");
    waker_drop(&child->waker);
    order_of_drops[dropped++] = (int)(child - children);
}
static const struct future_vtable child_vtable = {child_poll, child_drop};
static struct future *child_init(int number, int at, int error, uintptr_t value) {
    struct child *child = &children[number];
    *child = (struct child){.at = at, .output = {error, value}};
    future_init(&child->future, &child_vtable);
    return &child->future;
}
static void dropped_are(int first, int second, int third) {
    int now[3] = {children[0].drops, children[1].drops, children[2].drops};
    cr_assert(now[0] == first && now[1] == second && now[2] == third,
              "dropped so often: %d, %d, %d; not %d, %d, %d", now[0], now[1], now[2], first, second,
              third);
}

static struct output output;
static enum poll polled_by(struct future *future, int number) {
    struct waker waker = waker_of(number);
    struct context context = {&waker};
    return future_poll(future, &context, &output);
}
static void is_pending(struct future *future) {
    output = (struct output){-1, 99};
    cr_assert(polled_by(future, 0) == POLL_PENDING, "it is not ready yet");
    cr_assert(output.error == -1 && output.value == 99, "pending leaves the output alone");
}
static void is_ready(struct future *future, int error, uintptr_t value) {
    output = (struct output){-1, 99};
    cr_assert(polled_by(future, 0) == POLL_READY, "it is ready");
    cr_assert(output.error == error, "the error is %d, not %d", output.error, error);
    cr_assert(error || output.value == value, "the value is %ju, not %ju", (uintmax_t)output.value,
              (uintmax_t)value);
}

/* --- step 1: the waker --------------------------------------------------------------------------- */

Test(waker, clones_and_gives_up) {
    struct waker own = waker_of(0), other = waker_clone(&own);
    cr_assert(tallies[0].references == 2, "a clone is one more reference");
    waker_wake_by_ref(&other);
    cr_assert(tallies[0].wakes == 1 && tallies[0].references == 2, "wake_by_ref keeps it");
    waker_wake(&other);
    cr_assert(tallies[0].wakes == 2 && tallies[0].references == 1, "wake gives it up");
    cr_assert(tallies[0].drops == 0, "and does not drop it as well");
    waker_wake(&other), waker_drop(&other);
    cr_assert(tallies[0].wakes == 2 && tallies[0].drops == 0, "a used waker is empty");
    other = waker_clone(&own);
    waker_drop(&other), waker_drop(&other);
    cr_assert(tallies[0].drops == 1 && tallies[0].references == 1, "drop gives it up, once");
}

Test(waker, empty_does_nothing) {
    struct waker empty = {0}, other = waker_clone(&empty);
    cr_assert(other.vtable == NULL, "an empty waker clones to an empty one");
    waker_wake_by_ref(&empty), waker_wake(&empty), waker_drop(&empty);
}

Test(waker, knows_whom_it_wakes) {
    struct waker zero = waker_of(0), one = waker_of(1), again = waker_of(0);
    static const struct waker_vtable stranger = {tally_clone, tally_wake, tally_wake_by_ref,
                                                 tally_drop};
    struct waker odd = {&stranger, zero.data};
    cr_assert(waker_will_wake(&zero, &again), "the same data, the same table");
    cr_assert(!waker_will_wake(&zero, &one), "other data");
    cr_assert(!waker_will_wake(&zero, &odd), "another table");
}

/* --- step 2: the future -------------------------------------------------------------------------- */

Test(future, does_nothing_until_it_is_polled) {
    struct future *future = child_init(0, 2, 0, 5);
    cr_assert(children[0].polls == 0, "making it polls nothing");
    is_pending(future);
    is_ready(future, 0, 5);
    future_drop(future);
    dropped_are(1, 0, 0);
    no_waker_is_kept(0);
}

Test(future, ready_is_ready_at_once) {
    struct ready ready;
    ready_init(&ready, (struct output){EPIPE, 0});
    is_ready(&ready.future, EPIPE, 0);
    future_drop(&ready.future);
}

Test(future, pending_is_never_ready) {
    struct pending pending;
    pending_init(&pending);
    for (int i = 0; i < 3; i++) is_pending(&pending.future);
    cr_assert(tallies[0].wakes == 0, "and wakes nobody");
    future_drop(&pending.future);
    no_waker_is_kept(0);
}

Test(future, drop_before_the_first_poll) {
    future_drop(child_init(0, 1, 0, 5));
    dropped_are(1, 0, 0);
    cr_assert(children[0].polls == 0, "a drop polls nothing");
}

Test(future, is_not_polled_after_it_was_ready) {
    struct ready ready;
    ready_init(&ready, (struct output){0, 5});
    is_ready(&ready.future, 0, 5);
    lab_expect_panic("future_poll");
    polled_by(&ready.future, 0);
}

Test(future, is_not_polled_after_its_drop) {
    struct future *future = child_init(0, 9, 0, 5);
    is_pending(future);
    future_drop(future);
    lab_expect_panic("future_poll");
    polled_by(future, 0);
}

Test(future, is_dropped_once) {
    struct future *future = child_init(0, 9, 0, 5);
    future_drop(future);
    lab_expect_panic("future_drop");
    future_drop(future);
}

Test(future, may_move_before_its_first_poll) {
    struct ready here, there;
    ready_init(&here, (struct output){0, 5});
    memcpy(&there, &here, sizeof here);
    is_ready(&there.future, 0, 5);
    future_drop(&there.future);
}

Test(future, may_not_move_between_two_polls) {
    struct child moved;
    is_pending(child_init(0, 2, 0, 5));
    memcpy(&moved, &children[0], sizeof moved);
    lab_expect_panic("future_poll");
    polled_by(&moved.future, 0);
}

Test(future, may_not_move_before_its_drop) {
    struct child moved;
    is_pending(child_init(0, 2, 0, 5));
    memcpy(&moved, &children[0], sizeof moved);
    lab_expect_panic("future_drop");
    future_drop(&moved.future);
}

/* --- step 3: combinators ------------------------------------------------------------------------- */

static struct output doubles(void *env, struct output of_child) {
    (*(int *)env)++;
    return (struct output){of_child.error, 2 * of_child.value};
}

Test(map, changes_the_output) {
    int calls = 0;
    struct map map;
    map_init(&map, child_init(0, 2, 0, 21), doubles, &calls);
    is_pending(&map.future);
    cr_assert(calls == 0, "the function is not called before the child is ready");
    is_ready(&map.future, 0, 42);
    cr_assert(calls == 1, "and once");
    dropped_are(1, 0, 0);
    future_drop(&map.future);
    dropped_are(1, 0, 0);
}

Test(map, hands_errors_to_the_function) {
    int calls = 0;
    struct map map;
    map_init(&map, child_init(0, 1, EIO, 0), doubles, &calls);
    is_ready(&map.future, EIO, 0);
    cr_assert(calls == 1, "the function sees errors, too");
    future_drop(&map.future);
}

Test(map, drops_its_child_half_way) {
    int calls = 0;
    struct map map;
    map_init(&map, child_init(0, 9, 0, 1), doubles, &calls);
    is_pending(&map.future);
    future_drop(&map.future);
    dropped_are(1, 0, 0);
    cr_assert(calls == 0, "and calls nobody");
    no_waker_is_kept(0);
}

static int nexts;
static struct future *second(void *env, struct output first) {
    nexts++;
    cr_assert(children[0].drops == 1, "the first child is dropped before the second is made");
    children[1].output.value += first.value;
    return env;
}

Test(then, goes_on_with_the_second) {
    struct then then;
    then_init(&then, child_init(0, 2, 0, 10), second, child_init(1, 2, 0, 5));
    is_pending(&then.future);
    cr_assert(children[1].polls == 0, "the second waits for the first");
    is_pending(&then.future);
    cr_assert(children[1].polls == 1, "the second is polled at once: who else would wake us?");
    is_ready(&then.future, 0, 15);
    dropped_are(1, 1, 0);
    future_drop(&then.future);
    dropped_are(1, 1, 0);
    cr_assert(nexts == 1, "the second is made once");
}

Test(then, runs_through_when_all_is_ready) {
    struct then then;
    then_init(&then, child_init(0, 1, 0, 10), second, child_init(1, 1, 0, 5));
    is_ready(&then.future, 0, 15);
    future_drop(&then.future);
    dropped_are(1, 1, 0);
}

Test(then, drops_the_child_that_it_has) {
    struct then then;
    then_init(&then, child_init(0, 9, 0, 10), second, child_init(1, 9, 0, 5));
    is_pending(&then.future);
    future_drop(&then.future);
    dropped_are(1, 0, 0);
    then_init(&then, child_init(0, 1, 0, 10), second, child_init(1, 9, 0, 5));
    is_pending(&then.future);
    future_drop(&then.future);
    dropped_are(1, 1, 0);
    no_waker_is_kept(0);
}

static struct future *three[3];
static struct output outputs[3];

Test(join, polls_what_is_not_ready) {
    struct join join;
    three[0] = child_init(0, 3, 0, 1), three[1] = child_init(1, 1, 0, 2);
    three[2] = child_init(2, 2, 0, 3);
    join_init(&join, three, outputs, 3);
    is_pending(&join.future);
    dropped_are(0, 1, 0);
    cr_assert(children[0].polls == 1 && children[2].polls == 1, "each child is polled");
    is_pending(&join.future);
    is_ready(&join.future, 0, 0);
    cr_assert(outputs[0].value == 1 && outputs[1].value == 2 && outputs[2].value == 3,
              "each output in its place");
    future_drop(&join.future);
    dropped_are(1, 1, 1);
    no_waker_is_kept(0);
}

Test(join, waits_for_all_and_tells_the_first_error) {
    struct join join;
    three[0] = child_init(0, 2, 0, 1), three[1] = child_init(1, 2, EIO, 0);
    three[2] = child_init(2, 1, EPIPE, 0);
    join_init(&join, three, outputs, 3);
    is_pending(&join.future);
    is_ready(&join.future, EIO, 0);
    cr_assert(outputs[0].value == 1 && outputs[2].error == EPIPE, "the others are there, too");
    future_drop(&join.future);
}

Test(join, of_none_is_ready) {
    struct join join;
    join_init(&join, NULL, NULL, 0);
    is_ready(&join.future, 0, 0);
    future_drop(&join.future);
}

Test(join, drops_what_is_left) {
    struct join join;
    three[0] = child_init(0, 1, 0, 1), three[1] = child_init(1, 9, 0, 2);
    join_init(&join, three, outputs, 2);
    is_pending(&join.future);
    future_drop(&join.future);
    dropped_are(1, 1, 0);
    no_waker_is_kept(0);
}

Test(race, takes_the_first_and_drops_the_others) {
    struct race race;
    three[0] = child_init(0, 9, 0, 1), three[1] = child_init(1, 2, 0, 2);
    three[2] = child_init(2, 2, 0, 3);
    race_init(&race, three, 3);
    is_pending(&race.future);
    is_ready(&race.future, 0, 2);
    cr_assert(race.winner == 1, "child 1 has won, not %zu", race.winner);
    dropped_are(1, 1, 1);
    cr_assert(children[2].polls == 1, "who stands behind the winner is not polled");
    no_waker_is_kept(0);
    future_drop(&race.future);
    dropped_are(1, 1, 1);
}

Test(race, of_none_is_never_ready) {
    struct race race;
    race_init(&race, NULL, 0);
    is_pending(&race.future);
    future_drop(&race.future);
}

Test(race, drops_all_half_way) {
    struct race race;
    three[0] = child_init(0, 9, 0, 1), three[1] = child_init(1, 9, 0, 2);
    race_init(&race, three, 2);
    is_pending(&race.future);
    future_drop(&race.future);
    dropped_are(1, 1, 0);
    no_waker_is_kept(0);
}

Test(combinators, nest) {
    static struct map left, right;
    static struct join join;
    int calls = 0;
    map_init(&left, child_init(0, 2, 0, 1), doubles, &calls);
    map_init(&right, child_init(1, 3, 0, 2), doubles, &calls);
    three[0] = &left.future, three[1] = &right.future;
    join_init(&join, three, outputs, 2);
    is_pending(&join.future);
    is_pending(&join.future);
    is_ready(&join.future, 0, 0);
    cr_assert(outputs[0].value == 2 && outputs[1].value == 4, "each output through its map");
    future_drop(&join.future);
    dropped_are(1, 1, 0);
}

/* --- step 4: the slot and the cell, alone -------------------------------------------------------- */

static struct waker_slot slot;
static struct oneshot cell;
static struct oneshot_receiver receiver;

static void registers(int number) {
    struct waker waker = waker_of(number);
    waker_slot_register(&slot, &waker);
}

Test(slot, wakes_the_latest_once) {
    waker_slot_init(&slot);
    registers(0);
    registers(1);
    no_waker_is_kept(0);
    cr_assert(tallies[1].references == 2, "the slot has a reference of its own");
    waker_slot_wake(&slot);
    waker_slot_wake(&slot);
    cr_assert(tallies[0].wakes == 0 && tallies[1].wakes == 1, "the latest waker, once");
    no_waker_is_kept(1);
}

Test(slot, needs_no_clone_for_the_same_waker) {
    waker_slot_init(&slot);
    registers(0);
    registers(0);
    cr_assert(tallies[0].references == 2, "one reference, not two");
    waker_slot_clear(&slot);
    cr_assert(tallies[0].wakes == 0, "clear wakes nobody");
    no_waker_is_kept(0);
    waker_slot_wake(&slot);
    cr_assert(tallies[0].wakes == 0, "what was cleared is not woken");
}

static void cell_setup(void) {
    oneshot_init(&cell);
    oneshot_receive(&cell, &receiver);
}

Test(oneshot, hands_over_and_wakes, .init = cell_setup) {
    is_pending(&receiver.future);
    cr_assert(oneshot_send(&cell, (struct output){0, 5}), "the receiver is there");
    cr_assert(tallies[0].wakes == 1, "the receiver's waker is woken");
    is_ready(&receiver.future, 0, 5);
    future_drop(&receiver.future);
    no_waker_is_kept(0);
}

Test(oneshot, sent_before_the_first_poll, .init = cell_setup) {
    oneshot_send(&cell, (struct output){EIO, 0});
    is_ready(&receiver.future, EIO, 0);
    cr_assert(tallies[0].clones == 0, "no waker is needed");
    future_drop(&receiver.future);
}

Test(oneshot, wakes_the_waker_of_the_last_poll, .init = cell_setup) {
    is_pending(&receiver.future);
    cr_assert(polled_by(&receiver.future, 1) == POLL_PENDING, "nothing was sent");
    oneshot_send(&cell, (struct output){0, 5});
    cr_assert(tallies[0].wakes == 0 && tallies[1].wakes == 1, "the latest waker");
    no_waker_is_kept(0), no_waker_is_kept(1);
}

Test(oneshot, tells_that_the_receiver_is_gone, .init = cell_setup) {
    is_pending(&receiver.future);
    future_drop(&receiver.future);
    no_waker_is_kept(0);
    cr_assert(!oneshot_send(&cell, (struct output){0, 5}), "nobody will take it");
    cr_assert(tallies[0].wakes == 0, "and nobody is woken");
}

Test(oneshot, closed_is_an_error, .init = cell_setup) {
    is_pending(&receiver.future);
    oneshot_close(&cell);
    cr_assert(tallies[0].wakes == 1, "the receiver's waker is woken");
    is_ready(&receiver.future, ECANCELED, 0);
    future_drop(&receiver.future);
}

Test(oneshot, takes_one, .init = cell_setup) {
    oneshot_send(&cell, (struct output){0, 5});
    lab_expect_panic("oneshot_send");
    oneshot_send(&cell, (struct output){0, 6});
}

Test(oneshot, is_not_closed_after_a_send, .init = cell_setup) {
    oneshot_send(&cell, (struct output){0, 5});
    lab_expect_panic("oneshot_close");
    oneshot_close(&cell);
}

/* --- step 5: an async function, by hand ---------------------------------------------------------- */

static int opened, closed;
static void opens(struct ledger *unused) { (void)unused, opened++; }
static void closes(struct ledger *unused) {
    (void)unused;
    closed++;
    cr_assert(closed == opened && closed == 1, "the ledger is closed once, and only when opened");
}
static struct ledger ledger = {opens, closes};
static struct future *parts[2];
static struct total total;

static void total_setup(int gate_at, int gate_error, int second_at, int first_error) {
    dropped = 0;
    struct future *gate = child_init(0, gate_at, gate_error, 1000);
    parts[0] = child_init(1, 1, first_error, 20), parts[1] = child_init(2, second_at, 0, 22);
    total_init(&total, gate, parts, 2, &ledger);
}

Test(total, sums_its_parts) {
    total_setup(2, 0, 2, 0);
    cr_assert(children[0].polls == 0 && !opened, "nothing happens before the first poll");
    is_pending(&total.future);
    cr_assert(children[1].polls == 0 && !opened, "the gate comes first");
    is_pending(&total.future);
    cr_assert(opened == 1 && !closed, "the ledger is open while the parts are awaited");
    dropped_are(1, 1, 0);
    is_ready(&total.future, 0, 42);
    cr_assert(closed == 1, "and is closed at the end");
    dropped_are(1, 1, 1);
    future_drop(&total.future);
    dropped_are(1, 1, 1);
    no_waker_is_kept(0);
}

Test(total, awaits_one_part_at_a_time) {
    total_setup(1, 0, 1, 0);
    children[1].at = 2;
    is_pending(&total.future);
    cr_assert(children[1].polls == 1 && children[2].polls == 0, "the second waits for the first");
    is_ready(&total.future, 0, 42);
    future_drop(&total.future);
}

Test(total, runs_through_when_all_is_ready) {
    total_setup(1, 0, 1, 0);
    is_ready(&total.future, 0, 42);
    future_drop(&total.future);
    dropped_are(1, 1, 1);
}

Test(total, ends_at_an_error_of_the_gate) {
    total_setup(1, EIO, 1, 0);
    is_ready(&total.future, EIO, 0);
    cr_assert(!opened && children[1].polls == 0, "no further");
    dropped_are(1, 1, 1);
    future_drop(&total.future);
}

Test(total, ends_at_an_error_of_a_part) {
    total_setup(1, 0, 1, EIO);
    is_ready(&total.future, EIO, 0);
    cr_assert(closed == 1, "an early end closes the ledger, too");
    cr_assert(children[2].polls == 0, "no further");
    dropped_are(1, 1, 1);
    future_drop(&total.future);
}

Test(total, is_dropped_at_the_gate) {
    total_setup(9, 0, 1, 0);
    is_pending(&total.future);
    future_drop(&total.future);
    cr_assert(!opened && !closed, "what was not opened is not closed");
    dropped_are(1, 1, 1);
    no_waker_is_kept(0);
}

Test(total, is_dropped_at_a_part) {
    total_setup(1, 0, 9, 0);
    is_pending(&total.future);
    future_drop(&total.future);
    cr_assert(opened == 1 && closed == 1, "a drop half way closes the ledger");
    dropped_are(1, 1, 1);
    cr_assert(order_of_drops[0] == 0 && order_of_drops[1] == 1 && order_of_drops[2] == 2,
              "in the array's order");
    no_waker_is_kept(0);
}

Test(total, is_dropped_before_its_first_poll) {
    total_setup(1, 0, 1, 0);
    future_drop(&total.future);
    cr_assert(!opened && !closed, "nothing was opened");
    dropped_are(1, 1, 1);
}

Test(total, may_move_before_its_first_poll) {
    total_setup(1, 0, 2, 0);
    static struct total elsewhere;
    elsewhere = total;
    memset(&total, 0xee, sizeof total);
    is_pending(&elsewhere.future);
    cr_assert(elsewhere.into == &elsewhere.sum, "it refers to itself, not to where it was made");
    is_ready(&elsewhere.future, 0, 42);
    future_drop(&elsewhere.future);
}

/* --- step 6: a coroutine ------------------------------------------------------------------------- */

static _Alignas(16) char stacks[2][COROUTINE_STACK];
static struct coroutine outer, inner;
static uintptr_t value;

static uintptr_t deep(struct coroutine *me, int depth) {
    volatile int local = depth; /* lives on the coroutine's own stack */
    if (depth == 0) return coroutine_yield(me, 7);
    uintptr_t got = deep(me, depth - 1);
    cr_assert(local == depth, "local variables live on across a yield");
    return got;
}
static uintptr_t yields_from_below(struct coroutine *me, void *env) {
    cr_assert(env == &outer, "the body gets its env");
    return deep(me, 10) + 1;
}

Test(coroutine, yields_from_any_depth) {
    coroutine_init(&outer, stacks[0], COROUTINE_STACK, yields_from_below, &outer);
    cr_assert(coroutine_resume(&outer, 0, &value) && value == 7, "it yields 7");
    cr_assert(!coroutine_resume(&outer, 30, &value), "it ends");
    cr_assert(value == 31, "with what its body returns, which has what was sent");
}

static uintptr_t counts(struct coroutine *me, void *unused) {
    (void)unused;
    uintptr_t sum = 0;
    for (uintptr_t i = 1; i <= 100; i++) sum += coroutine_yield(me, i);
    return sum;
}

Test(coroutine, goes_to_and_fro) {
    coroutine_init(&outer, stacks[0], COROUTINE_STACK, counts, NULL);
    cr_assert(coroutine_resume(&outer, 0, &value) && value == 1, "the first value");
    for (uintptr_t i = 2; i <= 100; i++)
        cr_assert(coroutine_resume(&outer, i, &value) && value == i, "value %ju", (uintmax_t)i);
    cr_assert(!coroutine_resume(&outer, 101, &value) && value == 5150, "all that was sent");
}

static uintptr_t relays(struct coroutine *me, void *unused) {
    (void)unused;
    uintptr_t got;
    coroutine_init(&inner, stacks[1], COROUTINE_STACK, counts, NULL);
    while (coroutine_resume(&inner, 0, &got) && got <= 3) coroutine_yield(me, 10 * got);
    return 5;
}

Test(coroutine, resumes_another) {
    coroutine_init(&outer, stacks[0], COROUTINE_STACK, relays, NULL);
    for (uintptr_t i = 1; i <= 3; i++)
        cr_assert(coroutine_resume(&outer, 0, &value) && value == 10 * i, "relayed");
    cr_assert(!coroutine_resume(&outer, 0, &value) && value == 5, "the end");
}

Test(coroutine, ends_once) {
    coroutine_init(&outer, stacks[0], COROUTINE_STACK, relays, NULL);
    while (coroutine_resume(&outer, 0, &value)) continue;
    lab_expect_panic("coroutine_resume");
    coroutine_resume(&outer, 0, &value);
}

static uintptr_t resumes_itself(struct coroutine *me, void *unused) {
    static int entered;
    (void)unused;
    cr_assert(++entered == 1, "a body begins once");
    return coroutine_resume(me, 0, &value);
}

Test(coroutine, does_not_resume_itself) {
    coroutine_init(&outer, stacks[0], COROUTINE_STACK, resumes_itself, NULL);
    lab_expect_panic("coroutine_resume");
    coroutine_resume(&outer, 0, &value);
}

Test(coroutine, yields_only_while_it_runs) {
    coroutine_init(&outer, stacks[0], COROUTINE_STACK, counts, NULL);
    coroutine_resume(&outer, 0, &value);
    lab_expect_panic("coroutine_yield");
    coroutine_yield(&outer, 1);
}

static struct stackful stackful;
static int finished;

static struct output adds(struct stackful *me, void *env) {
    struct output one = stackful_await(me, env);
    struct output two = stackful_await(me, &children[1].future);
    finished++;
    if (one.error || two.error) return (struct output){.error = one.error ? one.error : two.error};
    return (struct output){.value = one.value + two.value};
}
static void stackful_setup(int first_at, int second_at) {
    struct future *first = child_init(0, first_at, 0, 20);
    child_init(1, second_at, 0, 22);
    stackful_init(&stackful, stacks[0], COROUTINE_STACK, adds, first);
}

Test(stackful, awaits_on_its_own_stack) {
    stackful_setup(2, 3);
    cr_assert(children[0].polls == 0, "nothing happens before the first poll");
    is_pending(&stackful.future);
    is_pending(&stackful.future);
    cr_assert(children[1].polls == 1 && children[0].drops == 1, "the first is done and dropped");
    is_pending(&stackful.future);
    is_ready(&stackful.future, 0, 42);
    future_drop(&stackful.future);
    dropped_are(1, 1, 0);
    no_waker_is_kept(0);
}

Test(stackful, hands_the_latest_waker_down) {
    stackful_setup(9, 1);
    is_pending(&stackful.future);
    polled_by(&stackful.future, 1);
    cr_assert(waker_will_wake(&children[0].waker, &(struct waker){&tally_vtable, &tallies[1]}),
              "the child has the waker of the last poll");
    future_drop(&stackful.future);
}

Test(stackful, dropped_half_way_it_ends_its_body) {
    stackful_setup(9, 1);
    is_pending(&stackful.future);
    future_drop(&stackful.future);
    cr_assert(finished == 1, "the body runs to its end, and gives up what it holds");
    dropped_are(1, 1, 0);
    cr_assert(children[1].polls == 0, "a canceled await polls nothing");
    no_waker_is_kept(0);
}

Test(stackful, dropped_before_its_first_poll_it_never_begins) {
    stackful_setup(1, 1);
    future_drop(&stackful.future);
    cr_assert(finished == 0 && children[0].polls == 0, "the body never begins");
}

Test(stackful, may_move_before_its_first_poll) {
    static struct stackful elsewhere;
    stackful_setup(1, 2);
    elsewhere = stackful;
    memset(&stackful, 0xee, sizeof stackful);
    is_pending(&elsewhere.future);
    is_ready(&elsewhere.future, 0, 42);
    future_drop(&elsewhere.future);
}
