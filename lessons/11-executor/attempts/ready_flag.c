/* ready_flag.c - STEP 3 with a flag in each task, and a worker that goes round.
 *
 * To wake is to set the flag and to ring. The worker polls every task whose flag is set, clears the flag,
 * and sleeps when a round found none. Two things are wrong with that. The flag is cleared behind the poll,
 * so a wake in the middle of it is cleared along with the one that brought it. And a worker with a
 * thousand tasks that wait looks at all of them for the one that does not.
 */
#include "executor.h"

#include <errno.h>

#include "panic.h"

enum { READY = 1 };

static void wake_by_ref(void *data) {
    struct task *task = data;
    struct executor *executor = task->executor;
    /* Release: [E1]. */
    atomic_store_explicit(&task->state, READY, memory_order_release);
    /* Release: the flag comes before. */
    atomic_fetch_add_explicit(&executor->bell, 1, memory_order_release);
    futex_wake(&executor->bell, 1);
}
static void drop(void *data) { (void)data; }
static struct waker clone(void *data);
static const struct waker_vtable vtable = {clone, wake_by_ref, wake_by_ref, drop};
static struct waker clone(void *data) { return (struct waker){&vtable, data}; }

void executor_init(struct executor *executor, unsigned workers) {
    if (workers == 0) panic("executor_init", "somebody has to work");
    *executor = (struct executor){.workers = workers};
}

void executor_spawn(struct executor *executor, struct task *task, struct future *future,
                    void (*release)(struct task *task), struct join_handle *handle) {
    (void)handle;
    *task = (struct task){.executor = executor, .future = future, .release = release};
    atomic_store_explicit(&task->state, READY, memory_order_relaxed); /* nobody else has it yet */
    if (executor->last)
        executor->last->next = task;
    else
        executor->first = task;
    executor->last = task;
}

/* True: it has ended. */
static bool poll(struct task *task) {
    struct waker waker = {&vtable, task};
    struct context context = {&waker};
    if (future_poll(task->future, &context, &task->output) == POLL_READY) return true;
    atomic_store_explicit(&task->state, 0, memory_order_relaxed); /* whatever came meanwhile */
    return false;
}

void executor_run(struct executor *executor) {
    while (executor->first) {
        /* Acquire: whoever rang before has set its flag. */
        uint32_t bell = atomic_load_explicit(&executor->bell, memory_order_acquire);
        bool found = false;
        struct task *last = NULL, *next;
        for (struct task *task = executor->first; task; task = next) {
            next = task->next;
            /* Acquire: [E1]. */
            bool ready = atomic_load_explicit(&task->state, memory_order_acquire) == READY;
            found |= ready;
            if (!ready || !poll(task)) {
                last = task;
                continue;
            }
            next = task->next; /* the poll may have spawned one */
            if (last)
                last->next = next;
            else
                executor->first = next;
            if (executor->last == task) executor->last = last;
            future_drop(task->future);
            if (task->release) task->release(task);
        }
        if (executor->first && !found) futex_wait(&executor->bell, bell);
    }
}

/* Not here: parker, block_on, handles, time. */
void parker_init(struct parker *parker) { (void)parker; }
void parker_park(struct parker *parker) { (void)parker; }
bool parker_park_until(struct parker *parker, uint64_t deadline_ns) {
    (void)parker, (void)deadline_ns;
    return false;
}
void parker_unpark(struct parker *parker) { (void)parker; }
struct output block_on(struct future *future) {
    (void)future;
    return (struct output){.error = ENOSYS};
}
void join_handle_cancel(struct join_handle *handle) { (void)handle; }
void executor_shutdown(struct executor *executor) { (void)executor; }
void yield_init(struct yield *yield) { (void)yield; }
void timer_init(struct timer *timer, struct executor *executor, uint64_t deadline_ns) {
    (void)timer, (void)executor, (void)deadline_ns;
}
