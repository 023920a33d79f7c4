/* tests.c - what parker, block_on and executor promise, as tests that make their own luck.
 *
 * The lab (lab.h) tells who sleeps, holds threads at the doors of the futex, and moves the clock. The
 * tests know executor.h and nothing else: whatever keeps that contract passes.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "clock.h"
#include "executor.h"
#include "lab.h"

#define SECOND_NS UINT64_C(1000000000)

/* --- futures of the tests' own ---------------------------------------------------------------- */

/* Who was polled, and who ended, in this order. */
static char story[400];
static size_t n_story;

static void note(char what) {
    if (n_story < sizeof story - 1) story[n_story++] = what;
}

/* Pending `left` times, and ready then. What it does in each poll is up to `in_poll`. */
struct actor {
    struct future future;
    char name;
    int left, polls, drops;
    void (*in_poll)(struct actor *actor, struct context *context);
    struct waker kept;
    struct output output;
    struct join_handle *target;
};

static enum poll actor_poll(struct future *self, struct context *context, struct output *output) {
    struct actor *actor = (struct actor *)self;
    actor->polls++;
    note(actor->name);
    if (actor->in_poll) actor->in_poll(actor, context);
    if (actor->left-- > 0) return POLL_PENDING;
    *output = actor->output;
    return POLL_READY;
}
static void actor_drop(struct future *self) {
    struct actor *actor = (struct actor *)self;
    actor->drops++;
    waker_drop(&actor->kept);
}
static const struct future_vtable actor_vtable = {actor_poll, actor_drop};

static struct future *act(struct actor *actor, char name, int left,
                          void (*in_poll)(struct actor *, struct context *)) {
    *actor = (struct actor){.name = name, .left = left, .in_poll = in_poll};
    actor->output.value = (uintptr_t)name;
    future_init(&actor->future, &actor_vtable);
    return &actor->future;
}
static void wakes_itself(struct actor *actor, struct context *context) {
    (void)actor;
    waker_wake_by_ref(context->waker);
}
static void keeps_its_waker(struct actor *actor, struct context *context) {
    waker_drop(&actor->kept);
    actor->kept = waker_clone(context->waker);
}
static void wakes_itself_thrice(struct actor *actor, struct context *context) {
    for (int times = 0; times < 3; times++) wakes_itself(actor, context);
}

/* --- STEP 1: the parker ----------------------------------------------------------------------- */

static struct parker parker;
static bool noticed;

static void parks(void *argument) {
    (void)argument;
    parker_park(&parker);
}
static void parks_until(void *argument) {
    noticed = parker_park_until(&parker, *(uint64_t *)argument);
}

Test(parker, keeps_one_notice) {
    parker_init(&parker);
    for (int times = 0; times < 3; times++) parker_unpark(&parker);
    parker_park(&parker);
    cr_assert_eq(lab_tally().waits + lab_tally().wakes, 0,
                 "nobody sleeps, so the kernel hears nothing");
    struct lab_thread *owner = lab_start(parks, NULL);
    cr_assert(lab_await_asleep(owner), "a notice is taken once, and three are one");
    parker_unpark(&parker);
    lab_join(owner);
    parker_unpark(&parker);
    parker_park(&parker);
}

Test(parker, sleeps_and_is_woken) {
    parker_init(&parker);
    for (int times = 0; times < 3; times++) {
        struct lab_thread *owner = lab_start(parks, NULL);
        cr_assert(lab_await_asleep(owner), "without a notice the owner sleeps");
        cr_assert(lab_interrupt(owner), "and when it is woken for no reason");
        cr_assert(lab_await_asleep(owner), "it sleeps on");
        parker_unpark(&parker);
        lab_join(owner);
    }
    cr_assert_eq(lab_tally().wakes, 3, "one call for each sleep");
}

Test(parker, notice_before_the_sleep_is_not_lost) {
    parker_init(&parker);
    lab_close(NULL, LAB_DOOR_WAIT);
    struct lab_thread *owner = lab_start(parks, NULL);
    cr_assert(lab_await_at(owner, LAB_DOOR_WAIT), "the owner is about to sleep");
    parker_unpark(&parker);
    lab_open(owner, LAB_DOOR_WAIT);
    lab_join(owner);
}

Test(parker, gives_up_at_its_deadline) {
    parker_init(&parker);
    uint64_t deadline_ns = clock_now_ns() + SECOND_NS;
    noticed = true;
    struct lab_thread *owner = lab_start(parks_until, &deadline_ns);
    cr_assert(lab_await_asleep(owner), "it waits");
    lab_advance_ns(SECOND_NS - 1);
    cr_assert(lab_await_asleep(owner), "until its deadline");
    lab_advance_ns(1);
    lab_join(owner);
    cr_assert_not(noticed, "there was no notice");
    struct lab_thread *again = lab_start(parks, NULL);
    cr_assert(lab_await_asleep(again), "giving up leaves no notice behind");
    lab_forget();
    parker_unpark(&parker);
    lab_join(again);
    cr_assert_eq(lab_tally().woken, 1, "nor hides the sleeper");
    parker_unpark(&parker);
    cr_assert(parker_park_until(&parker, 0), "a notice counts, however late it is");
    lab_forget();
    parker_unpark(&parker);
    cr_assert_eq(lab_tally().wakes, 0, "after a timeout nobody sleeps, so nobody is woken");
}

Test(parker, notice_at_the_deadline_is_taken) {
    parker_init(&parker);
    uint64_t deadline_ns = clock_now_ns() + SECOND_NS;
    struct lab_thread *owner = lab_start(parks_until, &deadline_ns);
    cr_assert(lab_await_asleep(owner), "it waits");
    lab_close(owner, LAB_DOOR_RETURN);
    lab_advance_ns(SECOND_NS); /* its sleep has ended, and it does not know yet */
    parker_unpark(&parker);
    lab_open(owner, LAB_DOOR_RETURN);
    lab_join(owner);
    cr_assert(noticed, "the notice came before it gave up");
    struct lab_thread *again = lab_start(parks, NULL);
    cr_assert(lab_await_asleep(again), "and was taken");
    parker_unpark(&parker);
    lab_join(again);
}

/* --- STEP 2: block_on ------------------------------------------------------------------------- */

static struct actor one, two, three;
static struct output result;

static void blocks_on(void *future) { result = block_on(future); }

Test(block_on, ready_at_once) {
    result = block_on(act(&one, 'a', 0, NULL));
    cr_assert_eq(result.value, 'a', "the output comes out");
    cr_assert_eq(one.polls, 1, "one poll is enough");
    cr_assert_eq(one.drops, 1, "the future is dropped");
    cr_assert_eq(lab_tally().waits + lab_tally().wakes, 0, "nothing to wait for: no system call");
}

Test(block_on, hands_errors_on) {
    act(&one, 'a', 0, NULL);
    one.output = (struct output){.error = EPIPE};
    cr_assert_eq(block_on(&one.future).error, EPIPE, "an error is an output");
}

Test(block_on, polls_again_for_each_wake_only) {
    struct lab_thread *thread = lab_start(blocks_on, act(&one, 'a', 2, keeps_its_waker));
    for (int polls = 1; polls <= 2; polls++) {
        cr_assert(lab_await_asleep(thread), "it sleeps while nobody wakes it");
        cr_assert_eq(one.polls, polls, "a poll for each wake");
        cr_assert(lab_interrupt(thread), "woken for no reason");
        cr_assert(lab_await_asleep(thread), "it sleeps on");
        cr_assert_eq(one.polls, polls, "without a poll");
        waker_wake_by_ref(&one.kept);
    }
    lab_join(thread);
    cr_assert_eq(result.value, 'a', "the output comes out");
}

Test(block_on, woken_in_the_poll) {
    block_on(act(&one, 'a', 3, wakes_itself_thrice));
    cr_assert_eq(one.polls, 4, "a wake during the poll counts, and three are one");
    cr_assert_eq(lab_tally().sleeps, 0, "and nobody sleeps");
}

static struct waker borrowed; /* a clone that outlives its future */
static void lends_its_waker(struct actor *actor, struct context *context) {
    (void)actor;
    borrowed = waker_clone(context->waker);
}

Test(block_on, returns_when_its_wakers_are_gone) {
    struct lab_thread *thread = lab_start(blocks_on, act(&one, 'a', 0, lends_its_waker));
    cr_assert(lab_await_asleep(thread), "somebody still has a waker");
    cr_assert_eq(one.drops, 1, "the future is dropped already");
    struct waker another = waker_clone(&borrowed);
    waker_wake(&borrowed);
    cr_assert(lab_await_asleep(thread), "one is gone, the other is not");
    waker_drop(&another);
    lab_join(thread);
    cr_assert_eq(one.polls, 1, "no poll after the end");
}

/* --- STEP 3: one worker ----------------------------------------------------------------------- */

static struct executor executor;
static struct task tasks[200];
static struct join_handle handles[3];
static int released[200];

static void release(struct task *task) {
    released[task - tasks]++;
    memset((void *)task, 0xee, sizeof *task);
}
static void begin(unsigned workers) {
    executor_init(&executor, workers);
    n_story = 0;
    memset(story, 0, sizeof story);
    memset(released, 0, sizeof released);
}
static void spawn(int number, struct future *future, struct join_handle *handle) {
    executor_spawn(&executor, &tasks[number], future, release, handle);
}
static void works(void *unused) {
    (void)unused;
    executor_run(&executor);
}
static struct lab_thread *asleep_at_work(void) {
    struct lab_thread *worker = lab_start(works, NULL);
    cr_assert(lab_await_asleep(worker), "a worker without work sleeps");
    return worker;
}

Test(executor, without_workers_panics) {
    lab_expect_panic("executor_init");
    executor_init(&executor, 0);
}

Test(executor, without_tasks_comes_home) {
    begin(1);
    executor_run(&executor);
    executor_run(&executor);
    cr_assert_eq(lab_tally().waits + lab_tally().wakes, 0, "nothing to do, nobody to wake");
}

Test(executor, runs_tasks_in_the_order_of_spawning) {
    begin(1);
    struct actor actors[3];
    for (int n = 0; n < 3; n++) spawn(n, act(&actors[n], (char)('a' + n), 0, NULL), NULL);
    cr_assert_eq(n_story, 0, "a spawn does not poll");
    executor_run(&executor);
    cr_assert_str_eq(story, "abc", "each is polled once");
    for (int n = 0; n < 3; n++)
        cr_assert(actors[n].drops == 1 && released[n] == 1, "dropped once, released once");
    cr_assert_eq(lab_tally().waits + lab_tally().wakes, 0, "without a system call");
}

Test(executor, who_wakes_itself_goes_to_the_end) {
    begin(1);
    spawn(0, act(&one, 'a', 2, wakes_itself_thrice), NULL);
    spawn(1, act(&two, 'b', 1, wakes_itself), NULL);
    spawn(2, act(&three, 'c', 2, wakes_itself), NULL);
    executor_run(&executor);
    cr_assert_str_eq(story, "abcabcac", "they take turns: %s", story);
}

Test(executor, sleeps_until_a_task_is_woken) {
    begin(1);
    spawn(0, act(&one, 'a', 2, keeps_its_waker), NULL);
    spawn(1, act(&two, 'b', 0, NULL), NULL);
    struct lab_thread *worker = asleep_at_work();
    cr_assert_str_eq(story, "ab", "each was polled once");
    cr_assert(lab_interrupt(worker), "woken for no reason");
    cr_assert(lab_await_asleep(worker), "it sleeps on");
    waker_wake_by_ref(&one.kept);
    cr_assert(lab_await_asleep(worker), "the task waits again");
    cr_assert_str_eq(story, "aba", "only who was woken is polled");
    waker_wake_by_ref(&one.kept);
    lab_join(worker);
    cr_assert_str_eq(story, "abaa", "and is ready then");
}

/* The wake comes when the worker has looked, and does not sleep yet. */
Test(executor, wake_before_the_sleep_is_not_lost) {
    begin(1);
    spawn(0, act(&one, 'a', 1, keeps_its_waker), NULL);
    lab_close(NULL, LAB_DOOR_WAIT);
    struct lab_thread *worker = lab_start(works, NULL);
    cr_assert(lab_await_at(worker, LAB_DOOR_WAIT), "the worker is about to sleep");
    waker_wake_by_ref(&one.kept);
    lab_open(worker, LAB_DOOR_WAIT);
    lab_join(worker);
    cr_assert_eq(one.polls, 2, "it was polled again");
}

Test(executor, wakes_that_come_together_bring_one_poll) {
    begin(1);
    spawn(0, act(&one, 'a', 2, keeps_its_waker), NULL);
    struct lab_thread *worker = asleep_at_work();
    lab_close(worker, LAB_DOOR_RETURN);
    lab_forget();
    for (int times = 0; times < 3; times++) waker_wake_by_ref(&one.kept);
    cr_assert_eq(lab_tally().wakes, 1, "one call for a worker that is being woken");
    lab_open(worker, LAB_DOOR_RETURN);
    cr_assert(lab_await_asleep(worker), "the task waits again");
    cr_assert_eq(one.polls, 2, "three wakes before the poll are one");
    waker_wake_by_ref(&one.kept);
    lab_join(worker);
}

Test(executor, serves_wakes_in_their_order) {
    begin(1);
    struct actor actors[4];
    for (int n = 0; n < 4; n++)
        spawn(n, act(&actors[n], (char)('a' + n), 1, keeps_its_waker), NULL);
    struct lab_thread *worker = asleep_at_work();
    lab_close(worker, LAB_DOOR_RETURN);
    for (int n = 0; n < 4; n++) waker_wake_by_ref(&actors[(n + 2) % 4].kept);
    lab_open(worker, LAB_DOOR_RETURN);
    lab_join(worker);
    cr_assert_str_eq(story, "abcdcdab", "woken as c, d, a, b: %s", story);
}

Test(executor, waker_outlives_its_task) {
    begin(1);
    spawn(0, act(&one, 'a', 0, lends_its_waker), NULL);
    executor_run(&executor);
    cr_assert_eq(one.drops, 1, "the future is dropped when it is ready");
    cr_assert_eq(released[0], 0, "somebody still has a waker");
    struct waker another = waker_clone(&borrowed);
    waker_wake_by_ref(&another);
    waker_wake(&borrowed);
    cr_assert_eq(released[0], 0, "one more");
    waker_drop(&another);
    cr_assert_eq(released[0], 1, "and the last one releases");
    executor_run(&executor);
    cr_assert_eq(one.polls, 1, "a task that has ended is not polled");
}

static struct actor child;
static void spawns_a_child(struct actor *actor, struct context *context) {
    (void)context;
    if (actor->polls == 1) spawn(1, act(&child, 'c', 0, NULL), NULL);
}
Test(executor, tasks_spawn_tasks) {
    begin(1);
    spawn(0, act(&one, 'a', 0, spawns_a_child), NULL);
    executor_run(&executor);
    cr_assert_str_eq(story, "ac", "it runs until all have ended");
    cr_assert_eq(released[1], 1, "the child, too");
}

static void runs_in_a_task(struct actor *actor, struct context *context) {
    (void)actor, (void)context;
    executor_run(&executor);
}
Test(executor, is_not_run_from_a_task) {
    begin(1);
    spawn(0, act(&one, 'a', 0, runs_in_a_task), NULL);
    lab_expect_panic("executor_run");
    executor_run(&executor);
}

/* A task that always has something to do must not keep the others from being heard. */
static void wakes_the_other_once(struct actor *actor, struct context *context) {
    if (actor->polls == 5) waker_wake_by_ref(&two.kept);
    wakes_itself(actor, context);
}
Test(executor, hears_who_is_woken_beside_a_busy_task) {
    begin(1);
    spawn(0, act(&two, 'b', 1, keeps_its_waker), NULL);
    spawn(1, act(&one, 'a', 300, wakes_the_other_once), NULL);
    executor_run(&executor);
    char *first = strchr(story, 'b'), *again = first ? strchr(first + 1, 'b') : NULL;
    cr_assert_not_null(again, "it is polled again before the busy one has ended");
    cr_assert_lt(again - story, 5 + EXECUTOR_INTERVAL + 3, "after %td polls", again - story);
}

/* --- STEP 4: the end of a task ---------------------------------------------------------------- */

Test(handle, tells_the_output) {
    begin(1);
    spawn(0, act(&one, 'a', 1, wakes_itself), &handles[0]);
    act(&two, 'b', 0, NULL);
    two.output = (struct output){.error = EIO};
    spawn(1, &two.future, &handles[1]);
    executor_run(&executor);
    cr_assert_eq(released[0], 0, "the handle refers to it");
    cr_assert_eq(block_on(&handles[0].future).value, 'a', "the output");
    cr_assert_eq(block_on(&handles[1].future).error, EIO, "or the error");
    cr_assert(released[0] == 1 && released[1] == 1, "with the handle goes the task");
}

Test(handle, wakes_who_waits) {
    begin(1);
    spawn(0, act(&one, 'a', 1, keeps_its_waker), &handles[0]);
    struct lab_thread *waiter = lab_start(blocks_on, &handles[0].future);
    cr_assert(lab_await_asleep(waiter), "the task has not run yet");
    struct lab_thread *worker = asleep_at_work();
    cr_assert(lab_await_asleep(waiter), "nor ended");
    waker_wake_by_ref(&one.kept);
    lab_join(worker);
    lab_join(waiter);
    cr_assert_eq(result.value, 'a', "the output arrives");
    cr_assert_eq(released[0], 1, "and nobody refers to it any more");
}

static void joins_its_child(struct actor *actor, struct context *context) {
    struct output output;
    actor->left = future_poll(&actor->target->future, context, &output) == POLL_PENDING;
    if (actor->left) return;
    actor->output = output;
    future_drop(&actor->target->future);
}
Test(handle, is_a_future_of_another_task) {
    begin(1);
    act(&one, 'a', 0, joins_its_child);
    one.target = &handles[1];
    spawn(0, &one.future, &handles[0]);
    spawn(1, act(&two, 'b', 1, wakes_itself), &handles[1]);
    executor_run(&executor);
    cr_assert_str_eq(story, "abba", "the parent is polled again when the child has ended: %s",
                     story);
    cr_assert_eq(block_on(&handles[0].future).value, 'b', "the child's output came through");
}

Test(handle, dropped_early_lets_the_task_go_on) {
    begin(1);
    spawn(0, act(&one, 'a', 1, wakes_itself), &handles[0]);
    future_drop(&handles[0].future);
    cr_assert_eq(released[0], 0, "the executor still has it");
    executor_run(&executor);
    cr_assert(one.polls == 2 && one.drops == 1, "it ran to its end");
    cr_assert_eq(released[0], 1, "and is released");
}

Test(handle, dropped_while_it_waits_gives_its_waker_up) {
    begin(1);
    spawn(0, act(&one, 'a', 0, NULL), &handles[0]);
    struct actor joiner;
    act(&joiner, 'j', 9, joins_its_child);
    joiner.target = &handles[0];
    executor_spawn(&executor, &tasks[1], &joiner.future, release, NULL);
    struct context context = {&(struct waker){0}};
    struct output output;
    cr_assert_eq(future_poll(&handles[0].future, &context, &output), POLL_PENDING, "not yet");
    future_drop(&handles[0].future);
    joiner.in_poll = NULL, joiner.left = 0;
    executor_run(&executor);
    cr_assert(released[0] == 1 && released[1] == 1, "both are released");
}

Test(handle, cancels_a_task_that_waits) {
    begin(1);
    spawn(0, act(&one, 'a', 9, keeps_its_waker), &handles[0]);
    struct lab_thread *worker = asleep_at_work();
    join_handle_cancel(&handles[0]);
    lab_join(worker);
    cr_assert_eq(one.polls, 1, "a cancelled task is not polled");
    cr_assert_eq(one.drops, 1, "its future is dropped");
    join_handle_cancel(&handles[0]);
    cr_assert_eq(block_on(&handles[0].future).error, ECANCELED, "and the handle is told");
    cr_assert_eq(released[0], 1, "released once");
}

static void cancels_itself(struct actor *actor, struct context *context) {
    (void)context;
    join_handle_cancel(actor->target);
}
Test(handle, cancel_waits_for_the_poll_that_runs) {
    begin(1);
    act(&one, 'a', 9, cancels_itself), one.target = &handles[0];
    act(&two, 'b', 0, cancels_itself), two.target = &handles[1];
    spawn(0, &one.future, &handles[0]);
    spawn(1, &two.future, &handles[1]);
    executor_run(&executor);
    cr_assert_eq(one.polls, 1, "a poll that runs is not interrupted, and no other comes");
    cr_assert_eq(block_on(&handles[0].future).error, ECANCELED, "pending: cancelled");
    cr_assert_eq(block_on(&handles[1].future).value, 'b', "ready: it was quicker");
    cr_assert(one.drops == 1 && two.drops == 1, "dropped once");
}

Test(handle, cancels_before_the_first_poll) {
    begin(1);
    spawn(0, act(&one, 'a', 9, keeps_its_waker), &handles[0]);
    join_handle_cancel(&handles[0]);
    executor_run(&executor);
    cr_assert(one.polls == 0 && one.drops == 1, "dropped unpolled");
    cr_assert_eq(block_on(&handles[0].future).error, ECANCELED, "and told");
}

Test(executor, shuts_down) {
    begin(1);
    spawn(0, act(&one, 'a', 9, keeps_its_waker), &handles[0]);
    spawn(1, act(&two, 'b', 0, NULL), &handles[1]);
    spawn(2, act(&three, 'c', 9, keeps_its_waker), NULL);
    struct lab_thread *worker = asleep_at_work();
    executor_shutdown(&executor);
    lab_join(worker);
    cr_assert_eq(block_on(&handles[0].future).error, ECANCELED, "who waited was cancelled");
    cr_assert_eq(block_on(&handles[1].future).value, 'b', "who had ended was not");
    cr_assert(three.drops == 1 && released[2] == 1, "all are dropped and released");
    spawn(3, act(&one, 'd', 0, NULL), &handles[0]);
    executor_run(&executor);
    cr_assert_eq(block_on(&handles[0].future).error, ECANCELED, "nobody begins after a shutdown");
}

/* --- STEP 5: time ----------------------------------------------------------------------------- */

static struct timer timers[40];

Test(time, yield_lets_the_others_by) {
    begin(1);
    static struct yield yield;
    yield_init(&yield);
    executor_spawn(&executor, &tasks[0], &yield.future, release, &handles[0]);
    spawn(1, act(&one, 'a', 0, NULL), NULL);
    executor_run(&executor);
    cr_assert_eq(released[1], 1, "the other has run");
    struct output output = block_on(&handles[0].future);
    cr_assert(output.error == 0 && output.value == 0, "value 0");
}

Test(time, timer_is_ready_at_its_deadline) {
    begin(1);
    uint64_t start = clock_now_ns();
    timer_init(&timers[0], &executor, start + SECOND_NS);
    spawn(0, &timers[0].future, NULL);
    struct lab_thread *worker = asleep_at_work();
    lab_advance_ns(SECOND_NS - 1);
    cr_assert(lab_await_asleep(worker), "one nanosecond before it still waits");
    lab_advance_ns(1);
    lab_join(worker);
    cr_assert_eq(clock_now_ns(), start + SECOND_NS, "at the deadline, and not later");
    timer_init(&timers[0], &executor, clock_now_ns() + 1);
    spawn(0, &timers[0].future, NULL);
    worker = asleep_at_work(); /* one nanosecond is to be waited for, too */
    lab_advance_ns(1);
    lab_join(worker);
}

Test(time, timer_in_the_past_is_ready_at_once) {
    begin(1);
    timer_init(&timers[0], &executor, clock_now_ns());
    spawn(0, &timers[0].future, NULL);
    executor_run(&executor);
    cr_assert_eq(lab_tally().waits, 0, "nothing to wait for");
}

/* Then notes its name. */
static struct output tells(void *name, struct output output) {
    note(*(char *)name);
    return output;
}
static struct map maps[40];
static char names[40];

static void spawn_timer(int number, uint64_t deadline_ns) {
    names[number] = (char)('A' + number);
    timer_init(&timers[number], &executor, deadline_ns);
    map_init(&maps[number], &timers[number].future, tells, &names[number]);
    spawn(number, &maps[number].future, NULL);
}

Test(time, timers_wake_in_the_order_of_their_deadlines) {
    begin(1);
    uint64_t start = clock_now_ns();
    for (int n = 0; n < 25; n++) spawn_timer(n, start + 1 + (uint64_t)(n * 7 % 25));
    struct lab_thread *worker = asleep_at_work();
    lab_advance_ns(100);
    lab_join(worker);
    char expected[26] = {0};
    for (int n = 0; n < 25; n++) expected[n * 7 % 25] = (char)('A' + n);
    cr_assert_str_eq(story, expected, "woken as %s", story);
}

Test(time, each_timer_has_its_own_moment) {
    begin(1);
    uint64_t start = clock_now_ns();
    spawn_timer(0, start + 30);
    spawn_timer(1, start + 10);
    spawn_timer(2, start + 20);
    struct lab_thread *worker = asleep_at_work();
    static const char *const then[] = {"B", "BC"};
    for (int n = 0; n < 2; n++) {
        lab_advance_ns(10);
        cr_assert(lab_await_asleep(worker), "the next is not due yet");
        cr_assert_str_eq(story, then[n], "after %d ns: %s", 10 * (n + 1), story);
    }
    lab_advance_ns(10);
    lab_join(worker);
    cr_assert_str_eq(story, "BCA", "%s", story);
}

Test(time, dropped_timer_wakes_nobody) {
    begin(1);
    uint64_t start = clock_now_ns();
    for (int n = 0; n < 9; n++) {
        timer_init(&timers[n], &executor, start + 10 + (uint64_t)(n * 4 % 9));
        spawn(n, &timers[n].future, n % 3 ? NULL : &handles[n / 3]);
    }
    struct lab_thread *worker = asleep_at_work();
    for (int n = 0; n < 9; n += 3) {
        join_handle_cancel(&handles[n / 3]);
        future_drop(&handles[n / 3].future);
    }
    cr_assert(lab_await_asleep(worker), "the others wait");
    for (int n = 0; n < 9; n++) {
        cr_assert_eq(released[n], n % 3 == 0, "the cancelled ones are gone");
        if (n % 3 == 0) memset((void *)&timers[n], 0xee, sizeof timers[n]);
    }
    lab_advance_ns(100);
    lab_join(worker);
    for (int n = 0; n < 9; n++) cr_assert_eq(released[n], 1, "each is released once");
}

/* A timer against something else: who loses is dropped, and wakes nobody later. */
Test(time, race_of_two_timers) {
    begin(1);
    uint64_t start = clock_now_ns();
    timer_init(&timers[0], &executor, start + 20);
    timer_init(&timers[1], &executor, start + 10);
    struct future *both[] = {&timers[0].future, &timers[1].future};
    struct race race;
    race_init(&race, both, 2);
    spawn(0, &race.future, NULL);
    struct lab_thread *worker = asleep_at_work();
    lab_advance_ns(10);
    lab_join(worker);
    cr_assert_eq(race.winner, 1, "the earlier one wins");
    cr_assert_eq(clock_now_ns(), start + 10, "at its moment");
}

static void advances(struct actor *actor, struct context *context) {
    lab_advance_ns(1);
    wakes_itself(actor, context);
}
Test(time, timer_is_heard_beside_a_busy_task) {
    begin(1);
    spawn_timer(0, clock_now_ns() + 10);
    spawn(1, act(&one, 'x', 300, advances), NULL);
    executor_run(&executor);
    char *fired = strchr(story, 'A');
    cr_assert_not_null(fired, "it is woken before the busy one has ended");
    cr_assert_lt(fired - story, 10 + EXECUTOR_INTERVAL + 3, "after %td polls", fired - story);
}

/* --- STEP 6: several workers ------------------------------------------------------------------ */

Test(workers, all_come_home) {
    begin(3);
    spawn(0, act(&one, 'a', 1, keeps_its_waker), NULL);
    struct lab_thread *threads[3];
    for (int n = 0; n < 3; n++) threads[n] = asleep_at_work();
    waker_wake_by_ref(&one.kept);
    for (int n = 0; n < 3; n++) lab_join(threads[n]);
    cr_assert_eq(one.polls, 2, "one of them has polled");
    cr_assert_eq(released[0], 1, "and released");
}

Test(workers, one_wake_wakes_one) {
    begin(3);
    spawn(0, act(&one, 'a', 2, keeps_its_waker), NULL);
    struct lab_thread *threads[3];
    for (int n = 0; n < 3; n++) threads[n] = asleep_at_work();
    lab_forget();
    waker_wake_by_ref(&one.kept);
    lab_settle();
    cr_assert_eq(lab_tally().woken, 1, "one task, one worker");
    waker_wake_by_ref(&one.kept);
    for (int n = 0; n < 3; n++) lab_join(threads[n]);
}

/* One worker is busy for long. The others must hear of what is woken meanwhile. */
static futex_word gate;
static void stays_at_the_gate(struct actor *actor, struct context *context) {
    (void)actor, (void)context;
    /* Acquire: pairs with the test's release. */
    while (!atomic_load_explicit(&gate, memory_order_acquire)) futex_wait(&gate, 0);
}
static void open_gate(void) {
    atomic_store_explicit(&gate, 1, memory_order_release); /* release: for stays_at_the_gate */
    futex_wake(&gate, UINT32_MAX);
}

Test(workers, work_goes_on_beside_a_long_poll) {
    begin(2);
    gate = 0;
    spawn(0, act(&one, 'l', 0, stays_at_the_gate), NULL);
    spawn(1, act(&two, 'a', 2, keeps_its_waker), NULL);
    struct lab_thread *busy = lab_start(works, NULL);
    cr_assert(lab_await_asleep(busy), "it is in the long poll");
    struct lab_thread *other = asleep_at_work();
    cr_assert_eq(two.polls, 1, "the other takes the other task");
    waker_wake_by_ref(&two.kept);
    lab_settle();
    cr_assert_eq(two.polls, 2, "and again when it is woken");
    waker_wake_by_ref(&two.kept);
    lab_settle();
    cr_assert_eq(released[1], 1, "to its end");
    open_gate();
    lab_join(busy);
    lab_join(other);
}

Test(workers, two_wakes_bring_two_workers) {
    begin(2);
    gate = 0;
    spawn(0, act(&one, 'a', 1, keeps_its_waker), NULL);
    spawn(1, act(&two, 'b', 1, keeps_its_waker), NULL);
    struct lab_thread *threads[2] = {asleep_at_work(), asleep_at_work()};
    lab_close(threads[0], LAB_DOOR_RETURN);
    lab_close(threads[1], LAB_DOOR_RETURN);
    one.in_poll = two.in_poll = stays_at_the_gate;
    waker_wake_by_ref(&one.kept);
    waker_wake_by_ref(&two.kept);
    lab_open(threads[0], LAB_DOOR_RETURN);
    lab_open(threads[1], LAB_DOOR_RETURN);
    lab_settle();
    cr_assert(one.polls == 2 && two.polls == 2, "both are being polled, side by side");
    open_gate();
    lab_join(threads[0]);
    lab_join(threads[1]);
}

/* The first wake calls one of two sleepers, which is busy then. The second must call the other. */
Test(workers, each_wake_finds_who_still_sleeps) {
    begin(2);
    gate = 0;
    spawn(0, act(&one, 'a', 1, keeps_its_waker), NULL);
    spawn(1, act(&two, 'b', 1, keeps_its_waker), NULL);
    struct lab_thread *threads[2] = {asleep_at_work(), asleep_at_work()};
    one.in_poll = stays_at_the_gate;
    waker_wake_by_ref(&one.kept);
    lab_settle();
    cr_assert_eq(one.polls, 2, "one is in a long poll");
    waker_wake_by_ref(&two.kept);
    lab_settle();
    cr_assert_eq(two.polls, 2, "the other does what has to be done");
    open_gate();
    lab_join(threads[0]);
    lab_join(threads[1]);
}

Test(workers, spawn_reaches_a_sleeper) {
    begin(2);
    spawn(0, act(&one, 'a', 1, keeps_its_waker), NULL);
    struct lab_thread *threads[2] = {asleep_at_work(), asleep_at_work()};
    spawn(1, act(&two, 'b', 0, NULL), NULL); /* from a thread that does not work there */
    lab_settle();
    cr_assert_eq(released[1], 1, "it has run");
    waker_wake_by_ref(&one.kept);
    lab_join(threads[0]);
    lab_join(threads[1]);
}

Test(workers, timers_are_kept_by_all) {
    begin(2);
    uint64_t start = clock_now_ns();
    spawn_timer(0, start + 20);
    spawn_timer(1, start + 10);
    struct lab_thread *threads[2] = {asleep_at_work(), asleep_at_work()};
    lab_advance_ns(10);
    lab_settle();
    cr_assert_str_eq(story, "B", "the first at its moment: %s", story);
    lab_advance_ns(10);
    lab_join(threads[0]);
    lab_join(threads[1]);
    cr_assert_str_eq(story, "BA", "the second at its own: %s", story);
}

Test(workers, shut_down_together) {
    begin(2);
    spawn(0, act(&one, 'a', 9, keeps_its_waker), NULL);
    spawn(1, act(&two, 'b', 9, keeps_its_waker), NULL);
    struct lab_thread *threads[2] = {asleep_at_work(), asleep_at_work()};
    executor_shutdown(&executor);
    lab_join(threads[0]);
    lab_join(threads[1]);
    cr_assert(released[0] == 1 && released[1] == 1, "all tasks have ended");
}

Test(workers, one_too_many_panics) {
    begin(2);
    spawn(0, act(&one, 'a', 1, keeps_its_waker), NULL);
    asleep_at_work();
    asleep_at_work();
    lab_expect_panic("executor_run");
    executor_run(&executor);
}
