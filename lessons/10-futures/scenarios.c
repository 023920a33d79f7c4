/* scenarios.c - small closed programs around the slot and the cell, under a hostile executor.
 *
 * Nothing in the contract of a future says that an executor is kind. Here it polls without having
 * been woken, brings another waker each time, drops half way, and frees what it no longer needs. Its
 * wakers count references: one that is used after its last reference is gone breaks a promise, and so
 * does one that is left over.
 */
#include "scenario.h"

#include <errno.h>

#include "futex.h"
#include "future.h"
#include "history.h"

/* --- wakers that count --------------------------------------------------------------------------- */

static struct beacon {
    _Atomic(int) references;
    futex_word woken;
} beacons[3];

static struct waker beacon_clone(void *data);
static void beacon_drop(void *data) {
    struct beacon *beacon = data;
    /* Relaxed, as all counts here: scenery orders nothing, so that it hides no missing edge. */
    int before = atomic_fetch_sub_explicit(&beacon->references, 1, memory_order_relaxed);
    scenario_require(before > 0, "a waker is given up once");
}
static void beacon_wake_by_ref(void *data) {
    struct beacon *beacon = data;
    /* Relaxed: see above. */
    scenario_require(atomic_load_explicit(&beacon->references, memory_order_relaxed) > 0,
                     "a waker is used only while its reference is held");
    /* Release: what every executor promises, a wake happens-before the poll that it brings. */
    atomic_store_explicit(&beacon->woken, 1, memory_order_release);
    futex_wake(&beacon->woken, 1);
}
static void beacon_wake(void *data) {
    beacon_wake_by_ref(data);
    beacon_drop(data);
}
static const struct waker_vtable beacon_vtable = {beacon_clone, beacon_wake, beacon_wake_by_ref,
                                                  beacon_drop};
static struct waker beacon_clone(void *data) {
    struct beacon *beacon = data;
    /* Relaxed: see above. */
    scenario_require(atomic_fetch_add_explicit(&beacon->references, 1, memory_order_relaxed) > 0,
                     "a waker is cloned only while a reference is held");
    return (struct waker){&beacon_vtable, beacon};
}

/* The executor's own reference, one for each beacon. */
static struct waker light(int number) { return (struct waker){&beacon_vtable, &beacons[number]}; }

static void beacons_setup(void) {
    for (int i = 0; i < 3; i++) {
        /* Relaxed, both: no thread runs yet. */
        atomic_store_explicit(&beacons[i].references, 1, memory_order_relaxed);
        atomic_store_explicit(&beacons[i].woken, 0, memory_order_relaxed);
    }
}

/* To know, and no more. */
static bool was_woken(int number) {
    /* Relaxed: no edge, so that the slot's own are seen to be there. */
    return atomic_load_explicit(&beacons[number].woken, memory_order_relaxed) != 0;
}

/* Sleep until it has been woken since it was last put out. A wake that was lost is a deadlock here. */
static void await_wake(int number) {
    /* Acquire:. */
    while (!atomic_load_explicit(&beacons[number].woken, memory_order_acquire))
        futex_wait(&beacons[number].woken, 0);
}

/* Put it out before the poll, in one step with a last look at it. */
static void put_out(int number) {
    /* Acquire:, also from a wake that comes between the sleep and this. */
    atomic_exchange_explicit(&beacons[number].woken, 0, memory_order_acquire);
}

static void no_waker_is_left(void) {
    for (int i = 0; i < 3; i++) {
        struct waker own = light(i);
        waker_drop(&own);
        /* Relaxed: the threads have been joined. */
        scenario_require(atomic_load_explicit(&beacons[i].references, memory_order_relaxed) == 0,
                         "each waker that was cloned is given up");
    }
}

/* --- the slot ------------------------------------------------------------------------------------ */

static struct waker_slot slot;
static _Atomic(bool) condition;
static int payload;

static void slot_setup(void) {
    beacons_setup();
    waker_slot_init(&slot);
    payload = 0;
    /* Relaxed: no thread runs yet. */
    atomic_store_explicit(&condition, false, memory_order_relaxed);
    history_clear();
}

static void registers(int number) {
    struct waker waker = light(number);
    waker_slot_register(&slot, &waker);
}

/* Relaxed, set and look: the edges that are needed are the slot's own, [W1]. */
static void set_condition(void) { atomic_store_explicit(&condition, true, memory_order_relaxed); }
static bool holds(void) { return atomic_load_explicit(&condition, memory_order_relaxed); }

static void makes_true_and_wakes(void) {
    set_condition();
    waker_slot_wake(&slot);
}

static void registers_and_waits(void) {
    registers(0);
    if (!holds()) await_wake(0);
    waker_slot_clear(&slot);
}
SCENARIO(slot_loses_no_wake, .promise = "whoever registered and then looked is woken",
         .setup = slot_setup, .threads = {registers_and_waits, makes_true_and_wakes},
         .finally = no_waker_is_left);

/* The executor changes its mind twice; only the last waker is waited for. */
static void registers_others_and_waits(void) {
    registers(0);
    registers(1);
    registers(2);
    if (!holds()) await_wake(2);
    waker_slot_clear(&slot);
}
SCENARIO(slot_wakes_the_latest, .promise = "the waker that was registered last is woken",
         .setup = slot_setup, .threads = {registers_others_and_waits, makes_true_and_wakes},
         .finally = no_waker_is_left);

SCENARIO(slot_has_two_wakers, .promise = "wakes at the same time disturb nobody",
         .setup = slot_setup,
         .threads = {registers_and_waits, makes_true_and_wakes, makes_true_and_wakes},
         .finally = no_waker_is_left);

/* 0 is in the slot already. The wake finds 0 or 1, or comes between them: it may not get lost. */
static void setup_with_one_inside(void) {
    slot_setup();
    registers(0);
}
static void registers_another(void) { registers(1); }
static void wakes(void) { waker_slot_wake(&slot); }
static void one_of_them_was_woken(void) {
    scenario_require(was_woken(0) || was_woken(1), "a wake beside a register wakes one of the two");
    waker_slot_clear(&slot);
    no_waker_is_left();
}
SCENARIO(slot_hands_a_wake_on, .promise = "a wake that meets a register is not lost",
         .setup = setup_with_one_inside, .threads = {registers_another, wakes},
         .finally = one_of_them_was_woken);

/* A first wake comes for no reason, and may meet the register; the second has one. */
static void registers_another_and_waits(void) {
    registers(1);
    if (!holds()) await_wake(1);
    waker_slot_clear(&slot);
}
static void wakes_twice(void) {
    waker_slot_wake(&slot);
    makes_true_and_wakes();
}
SCENARIO(slot_is_usable_after_a_wake, .promise = "a register that meets a wake is not lost",
         .setup = setup_with_one_inside, .threads = {registers_another_and_waits, wakes_twice},
         .finally = no_waker_is_left);

/* Put away before anything came: the waker is given up, by one side. */
static void registers_and_clears(void) {
    registers(0);
    waker_slot_clear(&slot);
    registers(1);
    waker_slot_clear(&slot);
}
SCENARIO(slot_is_cleared, .promise = "a waker that is taken out is woken or dropped, once",
         .setup = slot_setup, .threads = {registers_and_clears, makes_true_and_wakes},
         .finally = no_waker_is_left);

/* [W1]: what the waking side did before is seen after the wake; the beacon itself orders nothing, so
 * the edge is the slot's: at the next register, or in the wake that register carries out. */
static void pays_and_wakes(void) {
    payload = 1;
    waker_slot_wake(&slot);
}
static void registers_and_reads(void) {
    registers(0);
    registers(1);
    bool late = was_woken(1) && !was_woken(0); /* the second register met the wake */
    if (late) {
        registers(2);
        scenario_require(payload == 1, "who was woken sees what was done before the wake [W1]");
    }
    waker_slot_clear(&slot);
}
SCENARIO(slot_publishes, .promise = "what was done before a wake is seen by the next to register",
         .setup = slot_setup, .threads = {registers_and_reads, pays_and_wakes},
         .finally = no_waker_is_left);

static void wakes_once(void) {
    int id = history_invoke("wake");
    waker_slot_wake(&slot);
    history_return(id, 0);
}
static void registers_once(void) {
    int id = history_invoke("register");
    registers(0);
    history_return(id, 0);
}
static void wakes_often(void) {
    for (int i = 0; i < scenario_contention(); i++) waker_slot_wake(&slot);
}
static void registers_often(void) {
    for (int i = 0; i < scenario_contention(); i++) registers(i % 2);
}
SCENARIO(register_waits_for_nobody, .promise = "a register takes a bounded number of own steps",
         .setup = slot_setup, .threads = {registers_once, wakes_often},
         .progress = PROGRESS_WAIT_FREE);
SCENARIO(wake_waits_for_nobody, .promise = "a wake takes a bounded number of own steps",
         .setup = slot_setup, .threads = {wakes_once, registers_often},
         .progress = PROGRESS_WAIT_FREE);

/* --- the cell ------------------------------------------------------------------------------------ */

static struct oneshot cells[2];
static struct oneshot_receiver receivers[2];
static int parcel; /* what the sender wrote before, plain memory */
static bool told;  /* the sender's answer: was the receiver still there? */

static void cells_setup(void) {
    beacons_setup();
    for (int i = 0; i < 2; i++) {
        oneshot_init(&cells[i]);
        oneshot_receive(&cells[i], &receivers[i]);
    }
    parcel = 0;
    told = false;
}

static enum poll polls(struct future *future, int number, struct output *output) {
    struct waker waker = light(number);
    struct context context = {&waker};
    return future_poll(future, &context, output);
}

/* A kind executor: polls when it is woken, and not before. */
static struct output runs(struct future *future) {
    struct output output = {.error = -1};
    while (polls(future, 0, &output) == POLL_PENDING) {
        await_wake(0);
        put_out(0);
    }
    future_drop(future);
    return output;
}

static void sends(void) {
    parcel = 7;
    told = oneshot_send(&cells[0], (struct output){.value = 42});
}
static void receives(void) {
    struct output output = runs(&receivers[0].future);
    scenario_require(output.error == 0 && output.value == 42, "what was sent is received");
    scenario_require(parcel == 7, "with all that the sender did before [O1]");
}
static void nothing_left_and_told(void) {
    no_waker_is_left();
    scenario_require(told, "the sender is told that the receiver was there");
}
SCENARIO(oneshot_arrives, .promise = "a value that was sent arrives", .setup = cells_setup,
         .threads = {receives, sends}, .finally = nothing_left_and_told);

/* A hostile one: spurious polls, each with another waker; it waits for the last alone. */
static void receives_from_a_hostile_executor(void) {
    struct output output = {.error = -1};
    struct future *future = &receivers[0].future;
    if (polls(future, 0, &output) == POLL_PENDING && polls(future, 1, &output) == POLL_PENDING) {
        await_wake(1);
        scenario_require(polls(future, 2, &output) == POLL_READY, "a wake comes when it is ready");
    }
    future_drop(future);
    scenario_require(output.error == 0 && output.value == 42 && parcel == 7,
                     "what was sent is received [O1]");
}
SCENARIO(oneshot_wakes_the_latest, .promise = "the waker of the last poll is woken",
         .setup = cells_setup, .threads = {receives_from_a_hostile_executor, sends},
         .finally = nothing_left_and_told);

/* Dropped half way. The parcel comes back to the sender when it is told so [O2]. */
static void polls_and_drops(void) {
    struct output output = {.error = -1};
    enum poll poll = polls(&receivers[0].future, 0, &output);
    if (poll == POLL_PENDING) parcel = 1;
    future_drop(&receivers[0].future);
    scenario_require(poll == POLL_PENDING || output.value == 42, "ready means that it was sent");
}
static void sends_or_keeps(void) {
    told = oneshot_send(&cells[0], (struct output){.value = 42});
    if (!told) scenario_require(parcel == 1, "what the receiver did before its drop is seen [O2]");
}
SCENARIO(oneshot_is_dropped_half_way, .promise = "a drop gives up the waker, and is told",
         .setup = cells_setup, .threads = {polls_and_drops, sends_or_keeps},
         .finally = no_waker_is_left);

static void closes(void) {
    parcel = 7;
    oneshot_close(&cells[0]);
}
static void receives_nothing(void) {
    struct output output = runs(&receivers[0].future);
    scenario_require(output.error == ECANCELED, "a sender that went away is an error, not a wait");
    scenario_require(parcel == 7, "with all that it did before [O1]");
}
SCENARIO(oneshot_is_closed, .promise = "a sender that goes away is noticed", .setup = cells_setup,
         .threads = {receives_nothing, closes}, .finally = no_waker_is_left);

/* --- combinators over cells ---------------------------------------------------------------------- */

static struct future *children[2];
static struct output outputs[2];
static struct join both;
static struct race either;

static void children_setup(void) {
    cells_setup();
    for (int i = 0; i < 2; i++) children[i] = &receivers[i].future;
}
static void join_setup(void) {
    children_setup();
    join_init(&both, children, outputs, 2);
}
static void race_setup(void) {
    children_setup();
    race_init(&either, children, 2);
}

static void sends_first(void) { oneshot_send(&cells[0], (struct output){.value = 1}); }
static void sends_second(void) { oneshot_send(&cells[1], (struct output){.value = 2}); }
static void sends_both(void) { sends_first(), sends_second(); }

static void joins(void) {
    struct output output = runs(&both.future);
    scenario_require(output.error == 0 && outputs[0].value == 1 && outputs[1].value == 2,
                     "a join is ready when both are");
}
SCENARIO(join_waits_for_both, .promise = "a join hears of each child", .setup = join_setup,
         .threads = {joins, sends_both}, .finally = no_waker_is_left);

static void races(void) {
    struct output output = runs(&either.future);
    scenario_require(output.error == 0 && output.value == either.winner + 1,
                     "the winner's output is the race's");
    scenario_require(!children[0] && !children[1], "the loser has been dropped");
}
SCENARIO(race_takes_the_first, .promise = "a race hears of any child and drops the other",
         .setup = race_setup, .threads = {races, sends_both}, .finally = no_waker_is_left);
