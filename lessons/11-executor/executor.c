/* executor.c - lesson 11: who polls. This is the file that you fill in.
 *
 * It compiles as it stands, and polls nobody. executor.h holds the contract; README.md walks the way;
 * attempts/ holds the wrong turnings, complete, each with the verdict that it gets. Work from STEP 1 to
 * STEP 6: each has checks of its own, and each leaves the earlier ones true.
 *
 * What you may use: <stdatomic.h> with the _explicit forms only; futex.h, clock.h and panic.h of the
 * workbook; mutex.h of lesson 04 and future.h of lesson 10, whose references are linked. Nothing is
 * allocated. Helpers of your own are static.
 *
 * Write down here, before STEP 3, the flags of a task's state word, and of each: who sets it, who ends
 * it, and what a thread may conclude from seeing it. These laws hold throughout:
 *
 *   I1  A task is in a queue at most once, and only while it is to be polled.
 *   I2  One worker at a time has a task.
 *   I3  Whoever uses a task holds a reference to it: the executor until the task has ended, the handle,
 *       each waker.
 *   I4  While a worker sleeps, or is just about to, whoever makes a task ready knows it.
 */
#include "executor.h"

#include <errno.h>

#include "clock.h"
#include "panic.h"

/* STEP 1 of 6: the parker.
 * Why:   everything that waits in this lesson waits here, or in the same way: for a notice that may come
 *        before the sleep, in the middle, or never.
 * Goal:  park returns when there is a notice, and takes it; unpark leaves one, and wakes the owner if it
 *        sleeps. No system call where nobody sleeps.
 * Keep:  one word holds both "there is a notice" and "the owner sleeps". Two words would need an order.
 * Edge:  [P1] from unpark to the return of the park that it ends.
 * Check: make check U=11-executor STEP=1
 */
void parker_init(struct parker *parker) { (void)parker; }

void parker_park(struct parker *parker) { (void)parker; }

bool parker_park_until(struct parker *parker, uint64_t deadline_ns) {
    (void)parker, (void)deadline_ns;
    return false;
}

void parker_unpark(struct parker *parker) { (void)parker; }

/* STEP 2 of 6: block_on.
 * Why:   the smallest executor: one future, one thread. Its waker is two words, and the second is the
 *        address of something. Of what, and how long is it there?
 * Goal:  poll; park while it is pending; drop; return the output. A vtable of four functions.
 * Keep:  I3. The waker's memory is on this function's stack. So the function must not return while a
 *        clone is left, and the last one to give its clone up must not touch it after that.
 * Edge:  [E1].
 * Check: make check U=11-executor STEP=2
 */
struct output block_on(struct future *future) {
    (void)future;
    return (struct output){.error = ENOSYS};
}

/* STEP 3 of 6: tasks, and one who runs them.
 * Why:   a thread for each future is what we wanted to get away from. A task is a future with a state
 *        word; a waker is a reference to the task; to wake it is to put it into a queue, once.
 * Goal:  executor_run takes tasks from the front of the queue and polls each; who is woken goes to the
 *        end, also when it is woken by another thread, before, during and after its poll. The worker
 *        sleeps when there is nothing to poll, and returns when every task has ended.
 * Keep:  I1 to I4. The queue is the worker's; who wakes from outside needs another place. A wake that
 *        comes while the task is being polled must neither be lost nor put it into the queue. After a
 *        poll that was pending, and not woken, the task is no longer yours.
 * Edge:  [E1], [E2], [E4].
 * Check: make check U=11-executor STEP=3
 */
void executor_init(struct executor *executor, unsigned workers) { (void)executor, (void)workers; }

/* The frame of a join handle, which STEP 4 fills. */
static enum poll join_handle_poll(struct future *self, struct context *context,
                                  struct output *output) {
    (void)self, (void)context, (void)output;
    return POLL_PENDING;
}
static void join_handle_drop(struct future *self) { (void)self; }

void executor_spawn(struct executor *executor, struct task *task, struct future *future,
                    void (*release)(struct task *task), struct join_handle *handle) {
    static const struct future_vtable vtable = {join_handle_poll, join_handle_drop};
    (void)executor, (void)future, (void)release;
    if (!handle) return;
    handle->task = task;
    future_init(&handle->future, &vtable);
}

void executor_run(struct executor *executor) { (void)executor; }

/* STEP 4 of 6: the end of a task.
 * Why:   a task that nobody can wait for, or stop, is a leak with a program counter.
 * Goal:  a join handle is a future whose end is the task's. A cancelled task's future is dropped by a
 *        worker instead of being polled. A shutdown cancels all.
 * Keep:  between "it has not ended" and "wake me" it may end (lesson 10, STEP 4). The future is dropped
 *        once, by whoever has the task, before the end can be seen. To drop a handle ends nothing.
 * Edge:  [E3].
 * Check: make check U=11-executor STEP=4
 */
void join_handle_cancel(struct join_handle *handle) { (void)handle; }

void executor_shutdown(struct executor *executor) { (void)executor; }

/* STEP 5 of 6: time.
 * Why:   a future that waits for the clock has nobody who wakes it, unless the worker does.
 * Goal:  a timer is ready at its deadline; the worker sleeps until the earliest, and looks at the clock
 *        now and then when it does not sleep. To add and to drop one of many timers is cheap.
 * Keep:  a timer that is dropped leaves nothing behind. Do not wake while you hold a lock: a waker is
 *        somebody else's code.
 * Check: make check U=11-executor STEP=5
 */
static enum poll yield_poll(struct future *self, struct context *context, struct output *output) {
    (void)self, (void)context, (void)output;
    return POLL_PENDING;
}
static void yield_drop(struct future *self) { (void)self; }

void yield_init(struct yield *yield) {
    static const struct future_vtable vtable = {yield_poll, yield_drop};
    yield->yielded = false;
    future_init(&yield->future, &vtable);
}

static enum poll timer_poll(struct future *self, struct context *context, struct output *output) {
    (void)self, (void)context, (void)output;
    return POLL_PENDING;
}
static void timer_drop(struct future *self) { (void)self; }

void timer_init(struct timer *timer, struct executor *executor, uint64_t deadline_ns) {
    static const struct future_vtable vtable = {timer_poll, timer_drop};
    *timer = (struct timer){.executor = executor, .deadline_ns = deadline_ns};
    future_init(&timer->future, &vtable);
}

/* STEP 6 of 6: several workers.
 * Why:   one long poll holds up everybody behind it.
 * Goal:  up to executor->workers threads in executor_run, on one queue under a lock. No worker sleeps
 *        while a task is in the queue; one task wakes one worker; all come home at the end.
 * Keep:  I2 and I4, now with several who may sleep. One worker alone needs no lock, and pays for none.
 * Check: make check U=11-executor
 */
