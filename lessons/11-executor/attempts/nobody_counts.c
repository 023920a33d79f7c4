/* nobody_counts.c - STEP 3 with the right flags, and no references.
 *
 * A task is in the queue at most once, a wake during the poll is kept, and nothing is lost. When the
 * future is ready the executor releases the task: it is done. But wakers are about, on other threads, in
 * slots and in timers. They may be used when the task has ended, and then do nothing; only where is the
 * flag that tells them so? In the memory that was given back.
 */
#include "executor.h"

#include <errno.h>

#include "panic.h"

enum { SCHEDULED = 1, RUNNING = 2, COMPLETE = 4 };

static void push(struct executor *executor, struct task *task) {
    task->next = NULL;
    if (executor->first)
        executor->last->next = task;
    else
        executor->first = task;
    executor->last = task;
}

static void post(struct task *task) {
    struct executor *executor = task->executor;
    mutex_lock(&executor->lock);
    push(executor, task);
    atomic_fetch_add_explicit(&executor->bell, 1, memory_order_relaxed); /* under the lock */
    bool call = executor->sleepers > 0;
    mutex_unlock(&executor->lock);
    if (call) futex_wake(&executor->bell, 1);
}

static void drop(void *data) { (void)data; }
static void wake_by_ref(void *data) {
    struct task *task = data;
    /* Release: [E1]. Acquire: the poll before comes before what we do. */
    uint32_t before = atomic_fetch_or_explicit(&task->state, SCHEDULED, memory_order_acq_rel);
    if (!(before & (SCHEDULED | RUNNING | COMPLETE))) post(task);
}
static struct waker clone(void *data);
static const struct waker_vtable vtable = {clone, wake_by_ref, wake_by_ref, drop};
static struct waker clone(void *data) { return (struct waker){&vtable, data}; }

void executor_init(struct executor *executor, unsigned workers) {
    if (workers == 0) panic("executor_init", "somebody has to work");
    *executor = (struct executor){.workers = workers, .lock = MUTEX_INIT};
}

void executor_spawn(struct executor *executor, struct task *task, struct future *future,
                    void (*release)(struct task *task), struct join_handle *handle) {
    (void)handle;
    *task = (struct task){.executor = executor, .future = future, .release = release};
    atomic_store_explicit(&task->state, SCHEDULED,
                          memory_order_relaxed); /* nobody else has it yet */
    mutex_lock(&executor->lock);
    executor->polls++; /* here: how many have not ended */
    push(executor, task);
    mutex_unlock(&executor->lock);
}

static struct task *next(struct executor *executor) {
    struct task *task = NULL;
    mutex_lock(&executor->lock);
    while (!executor->first && executor->polls > 0) {
        /* Relaxed: it changes under the lock. */
        uint32_t bell = atomic_load_explicit(&executor->bell, memory_order_relaxed);
        executor->sleepers++;
        mutex_unlock(&executor->lock);
        futex_wait(&executor->bell, bell);
        mutex_lock(&executor->lock);
        executor->sleepers--;
    }
    task = executor->first;
    if (task) executor->first = task->next;
    mutex_unlock(&executor->lock);
    return task;
}

void executor_run(struct executor *executor) {
    struct task *task;
    while ((task = next(executor))) {
        struct waker waker = {&vtable, task};
        struct context context = {&waker};
        /* Acquire: [E1], [E2]. Release: who wakes from now on comes after. */
        atomic_fetch_xor_explicit(&task->state, SCHEDULED | RUNNING, memory_order_acq_rel);
        if (future_poll(task->future, &context, &task->output) == POLL_PENDING) {
            /* Release: [E2]. Acquire: [E1] of the wakes that came meanwhile. */
            uint32_t before =
                atomic_fetch_sub_explicit(&task->state, RUNNING, memory_order_acq_rel);
            if (before & SCHEDULED) post(task);
            continue;
        }
        future_drop(task->future);
        /* Release: whoever wakes it sees that it has ended. */
        atomic_fetch_xor_explicit(&task->state, RUNNING | COMPLETE, memory_order_release);
        mutex_lock(&executor->lock);
        executor->polls--;
        mutex_unlock(&executor->lock);
        if (task->release) task->release(task);
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
