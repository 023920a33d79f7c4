/* hidden_tests.c - the same promises as tests.c, with more tasks and in other orders. */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "clock.h"
#include "executor.h"
#include "lab.h"

static struct executor executor;

enum { MANY = 150 };
static struct task tasks[MANY];
static int releases;

static void release(struct task *task) {
    releases++;
    memset((void *)task, 0xdd, sizeof *task);
}
static void works(void *unused) {
    (void)unused;
    executor_run(&executor);
}

/* Waits for its cell, then sends into the next one. */
struct link {
    struct future future;
    struct oneshot_receiver before;
    struct oneshot *after;
};
static enum poll link_poll(struct future *self, struct context *context, struct output *output) {
    struct link *link = (struct link *)self;
    if (future_poll(&link->before.future, context, output) == POLL_PENDING) return POLL_PENDING;
    output->value++;
    if (link->after) oneshot_send(link->after, *output);
    return POLL_READY;
}
static void link_drop(struct future *self) { future_drop(&((struct link *)self)->before.future); }
static const struct future_vtable link_vtable = {link_poll, link_drop};
static struct link links[MANY];
static struct oneshot cells[MANY];

static void chain(struct join_handle *last) {
    releases = 0;
    for (int n = 0; n < MANY; n++) oneshot_init(&cells[n]);
    for (int n = MANY - 1; n >= 0; n--) {
        links[n].after = n + 1 < MANY ? &cells[n + 1] : NULL;
        oneshot_receive(&cells[n], &links[n].before);
        future_init(&links[n].future, &link_vtable);
        executor_spawn(&executor, &tasks[n], &links[n].future, release, n + 1 < MANY ? NULL : last);
    }
}

Test(hidden, a_chain_of_many) {
    static struct join_handle last;
    executor_init(&executor, 1);
    chain(&last);
    struct lab_thread *worker = lab_start(works, NULL);
    cr_assert(lab_await_asleep(worker), "all wait");
    oneshot_send(&cells[0], (struct output){.value = 1000});
    lab_join(worker);
    cr_assert_eq(block_on(&last.future).value, 1000 + MANY, "each has had its turn");
    cr_assert_eq(releases, MANY, "and is released");
}

Test(hidden, a_chain_over_three_workers) {
    static struct join_handle last;
    executor_init(&executor, 3);
    chain(&last);
    struct lab_thread *workers[3];
    for (int n = 0; n < 3; n++) workers[n] = lab_start(works, NULL);
    lab_settle();
    oneshot_send(&cells[0], (struct output){.value = 1});
    for (int n = 0; n < 3; n++) lab_join(workers[n]);
    cr_assert_eq(block_on(&last.future).value, 1 + MANY, "each has had its turn");
}

Test(hidden, shutdown_of_a_chain) {
    static struct join_handle last;
    executor_init(&executor, 2);
    chain(&last);
    struct lab_thread *workers[2];
    for (int n = 0; n < 2; n++) workers[n] = lab_start(works, NULL);
    lab_settle();
    executor_shutdown(&executor);
    executor_shutdown(&executor);
    for (int n = 0; n < 2; n++) lab_join(workers[n]);
    cr_assert_eq(block_on(&last.future).error, ECANCELED, "the last was cancelled");
    cr_assert_eq(releases, MANY, "all are released");
}

Test(hidden, many_timers_some_dropped) {
    static struct timer timers[MANY];
    static struct join_handle handles[MANY];
    executor_init(&executor, 1);
    uint64_t start = clock_now_ns();
    releases = 0;
    for (int n = 0; n < MANY; n++) {
        timer_init(&timers[n], &executor, start + 1 + (uint64_t)(n * 37 % MANY) / 2);
        executor_spawn(&executor, &tasks[n], &timers[n].future, release, &handles[n]);
    }
    struct lab_thread *worker = lab_start(works, NULL);
    cr_assert(lab_await_asleep(worker), "all wait");
    for (int n = 0; n < MANY; n++) {
        if (n % 2) join_handle_cancel(&handles[n]);
        future_drop(&handles[n].future);
    }
    for (int ns = 1; ns < MANY / 2; ns++) {
        lab_advance_ns(1);
        lab_settle();
        int due = 0;
        for (int n = 0; n < MANY; n++) due += n % 2 || 1 + (n * 37 % MANY) / 2 <= ns;
        cr_assert_eq(releases, due, "after %d ns %d have ended, not %d", ns, releases, due);
    }
    lab_advance_ns(2);
    lab_join(worker);
    cr_assert_eq(releases, MANY, "all have ended");
}

/* An executor that has come home can be run again. */
Test(hidden, runs_again) {
    executor_init(&executor, 1);
    for (int times = 0; times < 3; times++) {
        static struct yield yield;
        static struct join_handle handle;
        yield_init(&yield);
        executor_spawn(&executor, &tasks[0], &yield.future, NULL, &handle);
        executor_run(&executor);
        cr_assert_eq(block_on(&handle.future).error, 0, "round %d", times);
    }
}
