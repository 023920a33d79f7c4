/* wake_is_push.c - STEP 3 where to wake is to put into the queue, each time.
 *
 * It looks right: no wake can be lost, for every one of them is in the queue. But a task that is woken
 * twice before its poll is there twice, and since the queue goes through the task itself, the second
 * entry bends the first: what stood behind it is lost, or the queue bites its own tail. And a task that
 * is woken once more before it ends stands in the queue when its memory is somebody else's.
 */
#include "executor.h"

#include <errno.h>

#include "panic.h"

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
static void wake_by_ref(void *data) { post(data); } /* [E1] through the lock */
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
    atomic_store_explicit(&task->state, 0, memory_order_relaxed); /* nobody else has it yet */
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
    while ((task = next(executor))) { /* [E1] */
        struct waker waker = {&vtable, task};
        struct context context = {&waker};
        if (future_poll(task->future, &context, &task->output) == POLL_PENDING) continue;
        future_drop(task->future);
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
