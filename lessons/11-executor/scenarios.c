/* scenarios.c - small closed programs around parker, block_on and executor.
 *
 * The futures here are hostile: they give their wakers away, and touch plain memory in each poll, so
 * that two polls at once, or a poll that is not ordered behind the wake, are data races. Whoever gets
 * memory back writes over it: who looks at it later races with that.
 */
#include <errno.h>
#include <string.h>

#include "scenario.h"

#include "clock.h"
#include "executor.h"

/* --- the parker ------------------------------------------------------------------------------- */

static struct parker parker;
static int word; /* plain: what the one who wakes has done before */

static void setup_parker(void) {
    parker_init(&parker);
    word = 0;
}
static void parks(void) {
    parker_park(&parker);
    scenario_require(word == 1, "what was done before the unpark is seen");
}
static void unparks(void) {
    word = 1;
    parker_unpark(&parker);
}
SCENARIO(parker_keeps_a_notice,
         .promise = "a notice before the park, or in the middle, is not lost",
         .setup = setup_parker, .threads = {parks, unparks});

static void parks_and_wipes(void) {
    parks();
    memset((void *)&parker, 0xff, sizeof parker);
}
SCENARIO(parker_may_go_after_its_notice, .promise = "an unpark does not touch what may be gone",
         .setup = setup_parker, .threads = {parks_and_wipes, unparks});

static void parks_a_while(void) {
    if (!parker_park_until(&parker, clock_now_ns() + 10)) parker_park(&parker);
}
SCENARIO(parker_gives_up, .promise = "a notice that comes at the deadline is taken, or kept",
         .setup = setup_parker, .threads = {parks_a_while, unparks});

/* --- a future that gives its wakers away ------------------------------------------------------ */

struct stray {
    struct future future;
    int polls, drops; /* plain */
    int ready_at;     /* the poll that is ready */
    struct waker waker;
    futex_word given; /* the waker is there */
    _Atomic(bool) opened;
};

static enum poll stray_poll(struct future *self, struct context *context, struct output *output) {
    struct stray *stray = (struct stray *)self;
    int poll = ++stray->polls;
    if (poll == 1) {
        stray->waker = waker_clone(context->waker);
        /* Release: the waker, for await_waker. */
        atomic_store_explicit(&stray->given, 1, memory_order_release);
        futex_wake(&stray->given, 1);
    }
    stray->polls = poll; /* whoever polls at the same time races with that */
    if (poll < stray->ready_at) return POLL_PENDING;
    *output = (struct output){.value = (uintptr_t)poll};
    return POLL_READY;
}
static void stray_drop(struct future *self) { ((struct stray *)self)->drops++; }
static const struct future_vtable stray_vtable = {stray_poll, stray_drop};

static void stray_init(struct stray *stray, int ready_at) {
    *stray = (struct stray){.ready_at = ready_at};
    future_init(&stray->future, &stray_vtable);
}
static struct waker *await_waker(struct stray *stray) {
    /* Acquire: pairs with stray_poll. */
    while (!atomic_load_explicit(&stray->given, memory_order_acquire)) futex_wait(&stray->given, 0);
    return &stray->waker;
}

static struct stray stray, second;

/* Ready at its second poll, and then the wake must have come before. */
static enum poll told_poll(struct future *self, struct context *context, struct output *output) {
    enum poll poll = stray_poll(self, context, output);
    if (poll == POLL_READY) scenario_require(word == 1, "what was done before the wake is seen");
    return poll;
}
static const struct future_vtable told_vtable = {told_poll, stray_drop};

static void wakes(void) {
    struct waker *waker = await_waker(&stray);
    word = 1;
    waker_wake(waker);
}
static void wakes_by_ref_and_drops(void) {
    struct waker *waker = await_waker(&stray);
    waker_wake_by_ref(waker);
    waker_drop(waker);
}
static void drops_the_waker(void) { waker_drop(await_waker(&stray)); }

/* --- block_on --------------------------------------------------------------------------------- */

static void setup_told(void) {
    stray_init(&stray, 2);
    future_init(&stray.future, &told_vtable);
    word = 0;
}
static void setup_at_once(void) { stray_init(&stray, 1); }

static void scribble(void) { /* over the stack that block_on had */
    volatile char stack[512];
    for (size_t n = 0; n < sizeof stack; n += sizeof(int)) *(volatile int *)&stack[n] = -1;
}
static void blocks(void) {
    struct output output = block_on(&stray.future);
    scribble();
    scenario_require(output.value == (uintptr_t)stray.ready_at && stray.drops == 1,
                     "polled as often as woken, and dropped");
}
SCENARIO(block_on_is_woken, .promise = "a wake before the sleep, or in the middle, is not lost",
         .setup = setup_told, .threads = {blocks, wakes});
SCENARIO(block_on_waits_for_its_wakers, .promise = "a waker works as long as it is there",
         .setup = setup_at_once, .threads = {blocks, wakes_by_ref_and_drops});

/* --- one worker ------------------------------------------------------------------------------- */

static struct executor executor;
static struct task tasks[2];
static struct join_handle handle;
static int released[2]; /* plain, one for each task */

static void release(struct task *task) {
    released[task - tasks]++;
    memset((void *)task, 0xff, sizeof *task);
}
static void setup_executor(unsigned workers) {
    executor_init(&executor, workers);
    released[0] = released[1] = 0;
}
static void spawn(int number, struct stray *future, struct join_handle *joined) {
    executor_spawn(&executor, &tasks[number], &future->future, release, joined);
}
static void runs(void) { executor_run(&executor); }
static void one_released(void) {
    scenario_require(released[0] == 1 && stray.drops == 1, "dropped once, released once");
}

static void setup_woken(void) {
    setup_executor(1);
    setup_told();
    spawn(0, &stray, NULL);
}
SCENARIO(task_is_woken, .promise = "a wake before the poll has ended, or after, brings a poll",
         .setup = setup_woken, .threads = {runs, wakes}, .finally = one_released);

static enum poll opened_poll(struct future *self, struct context *context, struct output *output) {
    struct stray *it = (struct stray *)self;
    stray_poll(self, context, output);
    /* Acquire: pairs with opens. */
    return atomic_load_explicit(&it->opened, memory_order_acquire) ? POLL_READY : POLL_PENDING;
}
static const struct future_vtable opened_vtable = {opened_poll, stray_drop};

static void setup_woken_twice(void) {
    setup_executor(1);
    stray_init(&stray, 1);
    future_init(&stray.future, &opened_vtable);
    spawn(0, &stray, NULL);
}
static void wakes_twice(void) {
    struct waker *waker = await_waker(&stray);
    waker_wake_by_ref(waker);
    /* Release: pairs with opened_poll. */
    atomic_store_explicit(&stray.opened, true, memory_order_release);
    waker_wake(waker);
}
SCENARIO(task_is_woken_twice, .promise = "a task stands in the queue once, and no wake is lost",
         .setup = setup_woken_twice, .threads = {runs, wakes_twice}, .finally = one_released);

static void setup_ended(void) {
    setup_executor(1);
    setup_at_once();
    spawn(0, &stray, NULL);
}
SCENARIO(task_is_woken_after_its_end, .promise = "a waker may outlive its task's end",
         .setup = setup_ended, .threads = {runs, wakes_by_ref_and_drops}, .finally = one_released);
SCENARIO(task_is_released_by_the_last, .promise = "whoever gives the last reference up releases",
         .setup = setup_ended, .threads = {runs, drops_the_waker}, .finally = one_released);

/* --- the end of a task ------------------------------------------------------------------------ */

static void setup_joined(void) {
    setup_executor(1);
    setup_at_once();
    stray.polls = 1; /* no waker is given away */
    stray.ready_at = 2;
    spawn(0, &stray, &handle);
}
static void joins(void) {
    struct output output = block_on(&handle.future);
    scenario_require(output.error == 0 && output.value == 2, "the output comes out");
    stray.drops++; /* the future is ours again */
}
static void joined(void) {
    scenario_require(released[0] == 1 && stray.drops == 2, "released once");
}
SCENARIO(task_is_joined, .promise = "who joins is woken, and sees all that the task did",
         .setup = setup_joined, .threads = {runs, joins}, .finally = joined);

static void drops_the_handle(void) { future_drop(&handle.future); }
SCENARIO(task_is_left_alone, .promise = "a task goes on without its handle", .setup = setup_joined,
         .threads = {runs, drops_the_handle}, .finally = one_released);

static void setup_cancelled(void) {
    setup_executor(1);
    stray_init(&stray, 9);
    stray.polls = 1;
    spawn(0, &stray, &handle);
}
static void cancels(void) {
    join_handle_cancel(&handle);
    struct output output = block_on(&handle.future);
    scenario_require(output.error == ECANCELED, "a task that waits for ever can be cancelled");
}
SCENARIO(task_is_cancelled, .promise = "a cancelled task ends, polled or not",
         .setup = setup_cancelled, .threads = {runs, cancels}, .finally = one_released);

static void setup_cancelled_or_woken(void) {
    setup_executor(1);
    setup_told();
    spawn(0, &stray, &handle);
}
static void wakes_and_cancels(void) {
    wakes();
    join_handle_cancel(&handle);
    future_drop(&handle.future);
}
SCENARIO(task_is_cancelled_when_woken,
         .promise = "wake and cancel do not get into each other's way",
         .setup = setup_cancelled_or_woken, .threads = {runs, wakes_and_cancels},
         .finally = one_released);

static void setup_stopped(void) {
    setup_executor(1);
    stray_init(&stray, 9);
    stray_init(&second, 9);
    stray.polls = second.polls = 1;
    spawn(0, &stray, NULL);
    spawn(1, &second, NULL);
}
static void shuts_down(void) { executor_shutdown(&executor); }
static void both_released(void) {
    scenario_require(released[0] == 1 && stray.drops == 1, "the first is dropped and released");
    scenario_require(released[1] == 1 && second.drops == 1, "so is the second");
}
SCENARIO(executor_is_shut_down, .promise = "all tasks end, and the worker comes home",
         .setup = setup_stopped, .threads = {runs, shuts_down}, .finally = both_released);

/* --- two workers ------------------------------------------------------------------------------ */

static void setup_shared(void) {
    setup_executor(2);
    stray_init(&stray, 2);
    stray.polls = 1;
    spawn(0, &stray, NULL);
}
SCENARIO(workers_share_one_task, .promise = "one polls, both come home", .setup = setup_shared,
         .threads = {runs, runs}, .finally = one_released);

/* Wakes itself in its first poll. */
static enum poll selfish_poll(struct future *self, struct context *context, struct output *output) {
    struct stray *it = (struct stray *)self;
    *output = (struct output){0};
    if (++it->polls == 2) return POLL_READY;
    waker_wake_by_ref(context->waker);
    return POLL_PENDING;
}
static const struct future_vtable selfish_vtable = {selfish_poll, stray_drop};
static void setup_yielding(void) {
    setup_executor(2);
    stray_init(&stray, 2);
    future_init(&stray.future, &selfish_vtable);
    spawn(0, &stray, NULL);
}
SCENARIO(workers_pass_a_task_on, .promise = "a task is polled by one worker at a time",
         .setup = setup_yielding, .threads = {runs, runs}, .finally = one_released);

static void setup_shared_woken(void) {
    setup_executor(2);
    setup_told();
    spawn(0, &stray, NULL);
}
static void wakes_and_runs(void) { wakes(), runs(); }
SCENARIO(workers_are_woken, .promise = "a wake from outside reaches one of the workers that sleep",
         .setup = setup_shared_woken, .threads = {runs, wakes_and_runs}, .finally = one_released);

static void setup_shared_twice(void) {
    setup_executor(2);
    stray_init(&stray, 2);
    stray_init(&second, 2);
    stray.polls = second.polls = 1;
    spawn(0, &stray, NULL);
    spawn(1, &second, NULL);
}
SCENARIO(workers_share_two_tasks, .promise = "each task is polled by one of them",
         .setup = setup_shared_twice, .threads = {runs, runs}, .finally = both_released);

static void setup_shared_stopped(void) {
    setup_executor(2);
    stray_init(&stray, 9);
    stray.polls = 1;
    spawn(0, &stray, NULL);
}
static void shuts_down_and_runs(void) { shuts_down(), runs(); }
SCENARIO(workers_are_shut_down, .promise = "all workers come home", .setup = setup_shared_stopped,
         .threads = {runs, shuts_down_and_runs}, .finally = one_released);
