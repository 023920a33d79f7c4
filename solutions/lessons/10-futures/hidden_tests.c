/* hidden_tests.c - the same promises as tests.c and scenarios.c, to more children and more threads. */
#include <criterion/criterion.h>
#include <errno.h>

#include "coroutine.h"
#include "futex.h"
#include "future.h"
#include "lab.h"

/* --- an executor for one future: it sleeps until its waker is woken ----------------------------- */

static futex_word woken;
static _Atomic(int) references;

static struct waker seat_clone(void *data);
static void seat_drop(void *data) {
    (void)data;
    /* Relaxed, as all on the count: it orders nothing. */
    cr_assert(atomic_fetch_sub_explicit(&references, 1, memory_order_relaxed) > 0, "given up once");
}
static void seat_wake_by_ref(void *data) {
    (void)data;
    /* Relaxed: see above. */
    cr_assert(atomic_load_explicit(&references, memory_order_relaxed) > 0, "used while it is held");
    atomic_store_explicit(&woken, 1, memory_order_release); /* for runs */
    futex_wake(&woken, 1);
}
static void seat_wake(void *data) {
    seat_wake_by_ref(data);
    seat_drop(data);
}
static const struct waker_vtable seat_vtable = {seat_clone, seat_wake, seat_wake_by_ref, seat_drop};
static struct waker seat_clone(void *data) {
    atomic_fetch_add_explicit(&references, 1, memory_order_relaxed); /* relaxed: see seat_drop */
    return (struct waker){&seat_vtable, data};
}

static char seats[2]; /* two wakers that are not the same, and wake the same */

/* Poll each time with another waker than the last, until ready. */
static struct output runs(struct future *future) {
    struct output output = {.error = -1};
    for (int round = 0;; round++) {
        struct waker waker = {&seat_vtable, &seats[round % 2]};
        struct context context = {&waker};
        atomic_exchange_explicit(&woken, 0, memory_order_acquire); /* a wake before a poll */
        if (future_poll(future, &context, &output) == POLL_READY) break;
        /* Relaxed: the exchange makes the edge. */
        while (!atomic_load_explicit(&woken, memory_order_relaxed)) futex_wait(&woken, 0);
    }
    future_drop(future);
    return output;
}
static void begins(void) { atomic_store_explicit(&references, 1, memory_order_relaxed); }
static void nothing_is_left(void) {
    /* Relaxed: the threads have been joined. */
    cr_assert(atomic_load_explicit(&references, memory_order_relaxed) == 1, "no waker is left");
}

/* --- cells and threads ------------------------------------------------------------------------------ */

enum { CELLS = 6, ROUNDS = 30 };
static struct oneshot cells[CELLS];
static struct oneshot_receiver receivers[CELLS];
static struct future *children[CELLS];
static struct output outputs[CELLS];
static int parcels[CELLS];
static _Atomic(int) refused; /* by cells whose receiver had lost the race */

static void cells_init(void) {
    for (int i = 0; i < CELLS; i++) {
        oneshot_init(&cells[i]);
        oneshot_receive(&cells[i], &receivers[i]);
        children[i] = &receivers[i].future;
        parcels[i] = 0;
    }
}
static void sends(void *cell) {
    size_t i = (size_t)((struct oneshot *)cell - cells);
    parcels[i] = (int)i + 100;
    if (!oneshot_send(cell, (struct output){.value = i}))
        atomic_fetch_add_explicit(&refused, 1, memory_order_relaxed); /* relaxed: a count */
}
static void with_a_crowd(struct future *future, struct output *output) {
    struct lab_thread *threads[CELLS];
    for (int i = 0; i < CELLS; i++) threads[i] = lab_start(sends, &cells[i]);
    *output = runs(future);
    for (int i = 0; i < CELLS; i++) lab_join(threads[i]);
}

Test(hidden, a_join_hears_a_crowd) {
    begins();
    for (int round = 0; round < ROUNDS; round++) {
        struct join join;
        struct output output;
        cells_init();
        join_init(&join, children, outputs, CELLS);
        with_a_crowd(&join.future, &output);
        for (size_t i = 0; i < CELLS; i++)
            cr_assert(outputs[i].value == i && parcels[i] == (int)i + 100, "cell %zu arrives", i);
    }
    nothing_is_left();
}

Test(hidden, a_race_takes_one_of_a_crowd) {
    begins();
    for (int round = 0; round < ROUNDS; round++) {
        struct race race;
        struct output output;
        cells_init();
        race_init(&race, children, CELLS);
        with_a_crowd(&race.future, &output);
        cr_assert(output.error == 0 && output.value == race.winner, "the winner's output");
        cr_assert(parcels[race.winner] == (int)race.winner + 100, "and what came with it");
    }
    nothing_is_left();
}

/* --- a long chain ------------------------------------------------------------------------------------ */

enum { LINKS = 1000 };
static struct map links[LINKS];
static struct output adds_one(void *unused, struct output output) {
    (void)unused;
    output.value++;
    return output;
}

Test(hidden, a_long_chain_keeps_its_order) {
    begins();
    cells_init();
    struct future *last = children[0];
    for (int i = 0; i < LINKS; i++) {
        map_init(&links[i], last, adds_one, NULL);
        last = &links[i].future;
    }
    struct lab_thread *sender = lab_start(sends, &cells[0]);
    struct output output = runs(last);
    lab_join(sender);
    cr_assert(output.value == LINKS, "each link has added one");
    for (int i = 0; i < LINKS; i++) cr_assert(!links[i].child, "link %d has dropped its child", i);
    nothing_is_left();
}

/* --- the async function, with a crowd ---------------------------------------------------------------- */

static int open_ledgers;
static void opens(struct ledger *unused) { (void)unused, open_ledgers++; }
static void closes(struct ledger *unused) { (void)unused, open_ledgers--; }
static struct ledger ledger = {opens, closes};

Test(hidden, a_total_is_dropped_at_every_point) {
    begins();
    for (int polls = 0; polls <= CELLS; polls++) {
        struct total total;
        struct output output;
        struct waker waker = {&seat_vtable, &seats[0]};
        struct context context = {&waker};
        cells_init();
        total_init(&total, children[0], &children[1], CELLS - 1, &ledger);
        for (int i = 0; i < polls; i++) {
            oneshot_send(&cells[i], (struct output){.value = 1});
            enum poll poll = future_poll(&total.future, &context, &output);
            cr_assert((poll == POLL_READY) == (i == CELLS - 1), "ready behind the last part");
            cr_assert(open_ledgers == (poll == POLL_PENDING), "open from the gate to the end");
        }
        future_drop(&total.future);
        cr_assert(open_ledgers == 0, "closed, wherever it ended");
        for (int i = polls; i < CELLS; i++)
            cr_assert(!oneshot_send(&cells[i], (struct output){.value = 1}), "cell %d is gone", i);
    }
    nothing_is_left();
}

/* --- two coroutines, tree walkers, side by side -------------------------------------------------------- */

static _Alignas(16) char stacks[2][COROUTINE_STACK];

static void walk(struct coroutine *me, uintptr_t low, uintptr_t high) {
    if (low > high) return;
    uintptr_t middle = (low + high) / 2;
    walk(me, low, middle - 1);
    coroutine_yield(me, middle);
    walk(me, middle + 1, high);
}
static uintptr_t walks(struct coroutine *me, void *high) {
    walk(me, 1, *(uintptr_t *)high);
    return 0;
}

Test(hidden, two_walkers_keep_their_places) {
    struct coroutine walkers[2];
    uintptr_t high[2] = {500, 700}, value;
    for (int i = 0; i < 2; i++)
        coroutine_init(&walkers[i], stacks[i], COROUTINE_STACK, walks, &high[i]);
    for (uintptr_t next = 1; next <= 700; next++)
        for (int i = 0; i < 2; i++)
            if (next <= high[i])
                cr_assert(coroutine_resume(&walkers[i], 0, &value) && value == next, "in order");
    for (int i = 0; i < 2; i++) cr_assert(!coroutine_resume(&walkers[i], 0, &value), "the end");
}
