/* executor.h - the contract of lesson 11: who polls.
 *
 *     static struct executor executor;
 *     static struct task task;                        // memory of yours; nothing is allocated
 *     struct join_handle handle;
 *
 *     executor_init(&executor, 1);
 *     executor_spawn(&executor, &task, &future, NULL, &handle);
 *     executor_run(&executor);                        // until every task has ended
 *     struct output output = block_on(&handle.future);
 *
 * A task is a future with somebody who polls it whenever it has been woken, and only then. Its wakers
 * may be anywhere, on any thread, and outlive it.
 *
 * Who may do what, on one object:
 *
 *                      a worker (in executor_run)   any thread, at any time
 *   executor           spawn, poll of a timer       shutdown; with several workers also spawn
 *   task               -                            its wakers: all operations
 *   join_handle        poll, drop, cancel           the same: one thread at a time
 *   parker             -                            unpark; park: one thread, the owner
 *
 * With one worker whoever is not in executor_run may spawn while nobody is.
 *
 * Happens-before edges, named at both their ends in every implementation:
 *   [P1]  everything before parker_unpark happens-before the return of the park that it ends.
 *   [E1]  everything before a wake happens-before the poll that it brings about, or that runs after it.
 *   [E2]  each poll of a task happens-before the next, and the last before the drop of its future.
 *   [E3]  the drop of its future happens-before the poll of the join handle that is ready.
 *   [E4]  whatever was done through a reference to a task happens-before its release.
 */
#ifndef HB_EXECUTOR_H
#define HB_EXECUTOR_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "futex.h"
#include "future.h"
#include "mutex.h"

/* --- STEP 1: the parker ----------------------------------------------------------------------- */

/* A place where one thread, the owner, sleeps until it is told. One notice is kept, not counted. */
struct parker {
    futex_word state; /* 0: no notice */
};

void parker_init(struct parker *parker);

/* Sleep until there is a notice, and take it.
 *
 * Threads:   the owner.
 * Order:     [P1].
 * Progress:  blocking. A notice that is there already: no system call. Sleeps on when it is woken for
 *            no reason.
 */
void parker_park(struct parker *parker);

/* The same until a deadline (clock.h). Returns true if it took a notice, also one that came at the last
 * moment; a notice that is there counts, however late it is. */
bool parker_park_until(struct parker *parker, uint64_t deadline_ns);

/* Leave a notice.
 *
 * Threads:   any.
 * Order:     [P1].
 * Progress:  wait-free; a system call only if the owner sleeps. Once the notice is there the parker may
 *            be gone.
 */
void parker_unpark(struct parker *parker);

/* --- STEP 2: block_on ------------------------------------------------------------------------- */

/* Poll a future on this thread until it is ready, sleeping in between; drop it; return its output.
 *
 * A waker of block_on refers to memory of block_on. So it returns when each clone has been given up,
 * and not before: a clone that is kept for ever keeps it for ever.
 *
 * Order:     [E1].
 * Progress:  blocking. Polls once, and again after each wake; wakes that come together may bring one
 *            poll. A future that is ready at its first poll: no system call.
 */
struct output block_on(struct future *future);

/* --- STEP 3: tasks, and one who runs them ----------------------------------------------------- */

struct executor;

/* One spawned future. The memory is the caller's until `release`; its fields are the executor's. */
struct task {
    _Atomic(uint32_t) state;
    struct task *next;          /* in a queue */
    struct task *older, *newer; /* among the tasks that have not ended */
    struct executor *executor;
    struct future *future;
    struct output output;
    struct waker_slot joiner; /* who waits for the end */
    void (*release)(struct task *task);
};

struct timer;

/* The executor. Its memory must stay until executor_run and executor_shutdown have returned on every
 * thread and each task has been released. */
struct executor {
    unsigned workers;             /* immutable after executor_init */
    struct mutex lock;            /* guards what follows, if there are several workers */
    struct task *first, *last;    /* the ready queue */
    struct task *tasks;           /* all that have not ended, the newest first */
    struct timer *timers;         /* those that wait */
    unsigned running, sleepers;   /* workers in executor_run; those of them that sleep */
    unsigned polls;               /* since the last look at inbox and clock */
    _Atomic(struct task *) inbox; /* woken, not yet in the queue */
    futex_word bell;              /* changes when a sleeping worker shall look */
    _Atomic(uint32_t) stop;       /* shutdown */
};

/* How many polls a worker makes, at most, before it looks at who was woken from outside, and at the
 * clock. */
#define EXECUTOR_INTERVAL 61

/* Make an executor for so many workers: threads that will call executor_run.
 *
 * Errors:    no workers: panics ("executor_init").
 */
void executor_init(struct executor *executor, unsigned workers);

struct join_handle {
    struct future future;
    struct task *task;
};

/* Give a future to the executor, which owns it from now on: polls it first when its turn comes, and
 * drops it once, when it is ready or cancelled.
 *
 * release:   called once, when nobody refers to the task any more: not the executor, not the handle, no
 *            waker; on the thread of whoever was the last [E4]. From then on the task's memory is the
 *            caller's again. NULL: nobody wants to know.
 * handle:    made for the caller, who owns it and drops it; NULL: nobody waits for the end.
 * Threads:   see above.
 * Progress:  with one worker wait-free. Does not poll.
 */
void executor_spawn(struct executor *executor, struct task *task, struct future *future,
                    void (*release)(struct task *task), struct join_handle *handle);

/* Poll tasks until all that were spawned have ended.
 *
 * Each task is polled when it was spawned and once after it was woken, by one thread at a time. Those
 * that are ready take turns: who is woken goes to the end of the queue, also a task that wakes itself.
 *
 * Threads:   as many as there are workers, each once at a time. It returns on all of them.
 * Order:     [E1], [E2].
 * Progress:  blocking: sleeps while no task can be polled.
 * Errors:    more workers than were said, or a task that calls it: panics ("executor_run").
 */
void executor_run(struct executor *executor);

/* --- STEP 4: the end of a task ---------------------------------------------------------------- */

/* A join handle is a future: ready when the task has ended, with its output, or with ECANCELED. A drop
 * of the handle lets the task go on alone.
 *
 * Order:     [E3].
 */

/* Ask the task to end: its future is dropped by the next worker that has it, instead of a poll, unless
 * it is ready before. A poll that runs is not interrupted.
 *
 * Threads:   the owner of the handle, before the handle's drop. A task that has ended: nothing happens.
 */
void join_handle_cancel(struct join_handle *handle);

/* Ask all tasks to end, those that are spawned later, too. executor_run returns when they have.
 *
 * Threads:   any.
 */
void executor_shutdown(struct executor *executor);

/* --- STEP 5: time ----------------------------------------------------------------------------- */

/* Pending once, so that all others that are ready come first. Value 0. */
struct yield {
    struct future future;
    bool yielded;
};
void yield_init(struct yield *yield);

/* Ready when the clock has reached the deadline. Value 0.
 *
 * Polled and dropped by tasks of this executor only. Timers that are due wake in the order of their
 * deadlines.
 */
struct timer {
    struct future future;
    struct executor *executor;
    uint64_t deadline_ns;
    struct waker waker;                /* while it waits */
    struct timer *child, *next, *prev; /* its place among the waiting */
    bool waits;
};
void timer_init(struct timer *timer, struct executor *executor, uint64_t deadline_ns);

/* --- STEP 6: several workers ------------------------------------------------------------------ */

/* Nothing new to call: executor_init(&executor, n), and up to n threads in executor_run. A task that is
 * ready is polled by whoever is free; a worker does not sleep while a task waits in the queue. */

#endif
