/* executor.c - a task is in one of five states, and each step is a compare-exchange from one to another.
 *
 *     IDLE       it waits: whoever wakes it schedules it
 *     SCHEDULED  it is in the queue or the inbox
 *     RUNNING    a worker polls it
 *     NOTIFIED   and it has been woken meanwhile: the worker puts it back
 *     COMPLETE   it has ended
 *
 * Easier to read than flags, since the states that cannot be are not there; and a wake or a poll costs a
 * load and a compare-exchange that may fail, where the reference has one addition. CANCELLED and WAITED
 * are flags beside, and above are the references. Timers are
 * a sorted list: short code, and the wrong choice for a thousand of them.
 *
 * I1  Only who changes IDLE to SCHEDULED puts the task into the inbox.
 * I2  Only the worker that has it changes SCHEDULED to RUNNING, and RUNNING or NOTIFIED to what follows.
 * I3  The executor has one reference until the task has ended.
 * I4  While a worker sleeps, or is about to, the inbox holds ASLEEP, or a task whose poster rings.
 */
#include "executor.h"

#include <errno.h>

#include "clock.h"
#include "panic.h"

/* --- the parker */

enum { NO_NOTICE = 0, NOTICE = 1 };
#define PARKED UINT32_MAX

void parker_init(struct parker *parker) {
    /* Relaxed: whoever hands the parker to another thread makes the edge. */
    atomic_store_explicit(&parker->state, NO_NOTICE, memory_order_relaxed);
}

bool parker_park_until(struct parker *parker, uint64_t deadline_ns) {
    for (bool late = false;;) {
        uint32_t seen = NOTICE;
        /* Acquire: [P1]. A failure tells nothing. */
        if (atomic_compare_exchange_strong_explicit(&parker->state, &seen, NO_NOTICE,
                                                    memory_order_acquire, memory_order_relaxed))
            return true;
        if (late) {
            /* Relaxed: we no longer sleep, and a notice that comes meanwhile is seen. */
            if (seen == NO_NOTICE ||
                atomic_compare_exchange_strong_explicit(&parker->state, &seen, NO_NOTICE,
                                                        memory_order_relaxed, memory_order_relaxed))
                return false;
            continue;
        }
        /* Relaxed, both: to say that we sleep hands nothing over. */
        if (seen == NO_NOTICE &&
            !atomic_compare_exchange_strong_explicit(&parker->state, &seen, PARKED,
                                                     memory_order_relaxed, memory_order_relaxed))
            continue;
        late = futex_wait_until(&parker->state, PARKED, deadline_ns) == FUTEX_TIMED_OUT;
    }
}

void parker_park(struct parker *parker) { parker_park_until(parker, FUTEX_FOREVER); }

void parker_unpark(struct parker *parker) {
    /* Release: [P1]. After it the parker may be gone; a wake needs its address only. */
    if (atomic_exchange_explicit(&parker->state, NOTICE, memory_order_release) == PARKED)
        futex_wake(&parker->state, 1);
}

/* --- block_on */

struct blocker {
    struct parker parker;
    futex_word references; /* block_on itself, and its wakers */
};

static void blocker_drop(void *data) {
    struct blocker *blocker = data;
    /* Release: what we did with it comes before block_on's return. After the last the blocker may be
     * gone; and only a block_on that has given up its own sleeps here. */
    if (atomic_fetch_sub_explicit(&blocker->references, 1, memory_order_release) == 1)
        futex_wake(&blocker->references, 1);
}
static void blocker_wake_by_ref(void *data) { parker_unpark(&((struct blocker *)data)->parker); }
static void blocker_wake(void *data) {
    blocker_wake_by_ref(data); /* [E1] */
    blocker_drop(data);
}
static struct waker blocker_clone(void *data);
static const struct waker_vtable blocker_vtable = {blocker_clone, blocker_wake, blocker_wake_by_ref,
                                                   blocker_drop};
static struct waker blocker_clone(void *data) {
    /* Relaxed: who clones has a reference; giving it on makes the edge. */
    atomic_fetch_add_explicit(&((struct blocker *)data)->references, 1, memory_order_relaxed);
    return (struct waker){&blocker_vtable, data};
}

struct output block_on(struct future *future) {
    struct blocker blocker = {.references = 1};
    struct waker waker = {&blocker_vtable, &blocker};
    struct context context = {&waker};
    struct output output;
    parker_init(&blocker.parker);
    while (future_poll(future, &context, &output) == POLL_PENDING)
        parker_park(&blocker.parker); /* [E1] */
    future_drop(future);
    /* Acquire: whatever others did with their wakers comes before our return. */
    uint32_t left = atomic_fetch_sub_explicit(&blocker.references, 1, memory_order_acquire) - 1;
    while (left > 0) {
        futex_wait(&blocker.references, left);
        left =
            atomic_load_explicit(&blocker.references, memory_order_acquire); /* acquire: as above */
    }
    return output;
}

/* --- tasks */

enum {
    IDLE,
    SCHEDULED,
    RUNNING,
    NOTIFIED,
    COMPLETE,
    STATE = 7,
    CANCELLED = 8,
    WAITED = 16,
    REFERENCE = 32
};

static struct task asleep; /* its address in the inbox: a worker sleeps, so ring */
#define ASLEEP (&asleep)

static void ring(struct executor *executor, uint32_t workers) {
    /* Release: shutdown's store comes before. What is in the inbox has an edge of its own. */
    atomic_fetch_add_explicit(&executor->bell, 1, memory_order_release);
    futex_wake(&executor->bell, workers);
}

/* Put a task into the inbox (I1). */
static void post(struct task *task) {
    struct executor *executor = task->executor;
    /* Relaxed: the compare-exchange decides. */
    struct task *before = atomic_load_explicit(&executor->inbox, memory_order_relaxed);
    do task->next = before == ASLEEP ? NULL : before;
    while (!atomic_compare_exchange_weak_explicit(
        &executor->inbox, &before, task, memory_order_release, /* the worker reads `next` */
        memory_order_relaxed));                                /* a failure orders nothing */
    if (before == ASLEEP) ring(executor, 1);                   /* I4 */
}

/* Wake, and set flags: an idle task is scheduled, a running one notified. */
static void schedule(struct task *task, uint32_t flags) {
    /* Relaxed: the compare-exchange decides. */
    uint32_t seen = atomic_load_explicit(&task->state, memory_order_relaxed), wanted;
    do {
        uint32_t state = seen & STATE;
        wanted = seen | flags;
        if (state == IDLE) wanted += SCHEDULED - IDLE;
        if (state == RUNNING) wanted += NOTIFIED - RUNNING;
        /* Release: [E1]. Acquire: who posts comes after the poll before [E2]. */
    } while (!atomic_compare_exchange_weak_explicit(&task->state, &seen, wanted,
                                                    memory_order_acq_rel,
                                                    memory_order_relaxed)); /* we look again */
    if ((seen & STATE) == IDLE) post(task);
}

static void task_drop(void *data) {
    struct task *task = data;
    /* Release: what was done through it, [E4]. Acquire: for the last. */
    if (atomic_fetch_sub_explicit(&task->state, REFERENCE, memory_order_acq_rel) < 2 * REFERENCE &&
        task->release)
        task->release(task); /* [E4] */
}
static void task_wake_by_ref(void *data) { schedule(data, 0); }
static void task_wake(void *data) {
    schedule(data, 0);
    task_drop(data);
}
static struct waker task_clone(void *data);
static const struct waker_vtable task_vtable = {task_clone, task_wake, task_wake_by_ref, task_drop};
static struct waker task_clone(void *data) {
    /* Relaxed: who clones has a reference; giving it on makes the edge. */
    atomic_fetch_add_explicit(&((struct task *)data)->state, REFERENCE, memory_order_relaxed);
    return (struct waker){&task_vtable, data};
}

/* --- the join handle */

static enum poll join_handle_poll(struct future *self, struct context *context,
                                  struct output *output) {
    struct task *task = ((struct join_handle *)self)->task;
    /* Acquire: [E3]. */
    uint32_t state = atomic_load_explicit(&task->state, memory_order_acquire);
    if ((state & STATE) != COMPLETE) {
        waker_slot_register(&task->joiner, context->waker);
        /* Release: whoever ends it finds the waker. Acquire: [E3]. */
        state = atomic_fetch_or_explicit(&task->state, WAITED, memory_order_acq_rel);
        if ((state & STATE) != COMPLETE) return POLL_PENDING;
    }
    *output = task->output;
    return POLL_READY;
}

static void join_handle_drop(struct future *self) {
    struct task *task = ((struct join_handle *)self)->task;
    /* Relaxed: set by the owner of the handle alone. */
    if (atomic_load_explicit(&task->state, memory_order_relaxed) & WAITED)
        waker_slot_clear(&task->joiner);
    task_drop(task);
}

static void join_handle_init(struct join_handle *handle, struct task *task) {
    static const struct future_vtable vtable = {join_handle_poll, join_handle_drop};
    handle->task = task;
    future_init(&handle->future, &vtable);
}

void join_handle_cancel(struct join_handle *handle) { schedule(handle->task, CANCELLED); }

/* --- the executor: the lock, the queue, the inbox */

static void enter(struct executor *executor) {
    if (executor->workers > 1) mutex_lock(&executor->lock);
}
static void leave(struct executor *executor) {
    if (executor->workers > 1) mutex_unlock(&executor->lock);
}

void executor_init(struct executor *executor, unsigned workers) {
    if (workers == 0) panic("executor_init", "somebody has to work");
    *executor = (struct executor){.workers = workers, .lock = MUTEX_INIT};
}

static void push(struct executor *executor, struct task *task) {
    task->next = NULL;
    if (executor->first)
        executor->last->next = task;
    else
        executor->first = task;
    executor->last = task;
}

/* Bring what is in the inbox, the newest first, to the end of the queue, the oldest first; and leave
 * word whether somebody sleeps. */
static void empty_inbox(struct executor *executor) {
    struct task *word = executor->sleepers ? ASLEEP : NULL, *oldest = NULL;
    /* Relaxed: whether it is worth while. */
    if (atomic_load_explicit(&executor->inbox, memory_order_relaxed) == word) return;
    /* Acquire: pairs with post. */
    struct task *task = atomic_exchange_explicit(&executor->inbox, word, memory_order_acquire);
    while (task && task != ASLEEP) {
        struct task *next = task->next;
        task->next = oldest;
        oldest = task;
        task = next;
    }
    while (oldest) {
        struct task *next = oldest->next;
        push(executor, oldest);
        oldest = next;
    }
}

/* Sleep until the bell rings or a timer is due. The lock is held, and given up meanwhile. */
static void nap(struct executor *executor, uint64_t deadline_ns) {
    struct task *none = NULL;
    /* Acquire: if shutdown rang before, the stop that we look at below is there. */
    uint32_t bell = atomic_load_explicit(&executor->bell, memory_order_acquire);
    /* Relaxed, both: I4; who reads it rings, and the bell has changed then. A failure: there are tasks. */
    bool quiet = atomic_compare_exchange_strong_explicit(
        &executor->inbox, &none, ASLEEP, memory_order_relaxed, memory_order_relaxed);
    if (!quiet && none != ASLEEP) return;
    /* Relaxed: see the load of the bell. */
    if (atomic_load_explicit(&executor->stop, memory_order_relaxed) == 1) return;
    executor->sleepers++;
    leave(executor);
    futex_wait_until(&executor->bell, bell, deadline_ns);
    enter(executor);
    executor->sleepers--;
}

/* --- timers: a list, the earliest deadline first */

static void timer_add(struct timer *timer) {
    struct timer **place = &timer->executor->timers, *before = NULL;
    while (*place && (*place)->deadline_ns <= timer->deadline_ns) {
        before = *place;
        place = &before->next;
    }
    timer->waits = true;
    timer->prev = before;
    timer->next = *place;
    if (timer->next) timer->next->prev = timer;
    *place = timer;
}

static void timer_remove(struct timer *timer) {
    timer->waits = false;
    if (timer->next) timer->next->prev = timer->prev;
    if (timer->prev)
        timer->prev->next = timer->next;
    else
        timer->executor->timers = timer->next;
}

/* Wake whose time has come. The lock is held, but not while somebody else's code runs. */
static void wake_timers(struct executor *executor) {
    if (!executor->timers) return;
    uint64_t now = clock_now_ns();
    while (executor->timers && executor->timers->deadline_ns <= now) {
        struct timer *timer = executor->timers;
        struct waker waker = timer->waker;
        timer->waker = (struct waker){0};
        timer_remove(timer);
        leave(executor); /* from here on the timer may be gone */
        waker_wake(&waker);
        enter(executor);
    }
}

static enum poll timer_poll(struct future *self, struct context *context, struct output *output) {
    struct timer *timer = (struct timer *)self;
    struct waker mine = waker_clone(context->waker), old = mine;
    bool due = clock_now_ns() >= timer->deadline_ns;
    enter(timer->executor);
    if (due && timer->waits) timer_remove(timer);
    if (due || !waker_will_wake(&timer->waker, &mine)) {
        old = timer->waker;
        timer->waker = due ? (struct waker){0} : mine;
    }
    if (!due && !timer->waits) timer_add(timer);
    leave(timer->executor);
    waker_drop(&old);
    if (!due) return POLL_PENDING;
    waker_drop(&mine);
    *output = (struct output){0};
    return POLL_READY;
}

static void timer_drop(struct future *self) {
    struct timer *timer = (struct timer *)self;
    enter(timer->executor);
    if (timer->waits) timer_remove(timer);
    leave(timer->executor);
    waker_drop(&timer->waker);
}

void timer_init(struct timer *timer, struct executor *executor, uint64_t deadline_ns) {
    static const struct future_vtable vtable = {timer_poll, timer_drop};
    *timer = (struct timer){.executor = executor, .deadline_ns = deadline_ns};
    future_init(&timer->future, &vtable);
}

static enum poll yield_poll(struct future *self, struct context *context, struct output *output) {
    struct yield *yield = (struct yield *)self;
    if (yield->yielded) {
        *output = (struct output){0};
        return POLL_READY;
    }
    yield->yielded = true;
    waker_wake_by_ref(context->waker);
    return POLL_PENDING;
}
static void yield_drop(struct future *self) { (void)self; }

void yield_init(struct yield *yield) {
    static const struct future_vtable vtable = {yield_poll, yield_drop};
    yield->yielded = false;
    future_init(&yield->future, &vtable);
}

/* --- spawn and run */

void executor_spawn(struct executor *executor, struct task *task, struct future *future,
                    void (*release)(struct task *task), struct join_handle *handle) {
    *task = (struct task){.executor = executor, .future = future, .release = release};
    waker_slot_init(&task->joiner);
    uint32_t state = SCHEDULED | (handle ? 2 * REFERENCE : REFERENCE);
    if (handle) join_handle_init(handle, task);
    enter(executor);
    /* Relaxed, both: under the lock, or by the only worker; stop_all marks who is spawned before it. */
    if (atomic_load_explicit(&executor->stop, memory_order_relaxed)) state |= CANCELLED;
    atomic_store_explicit(&task->state, state, memory_order_relaxed); /* nobody else has it yet */
    task->older = executor->tasks;
    if (task->older) task->older->newer = task;
    executor->tasks = task;
    push(executor, task);
    bool call = executor->sleepers > 0;
    leave(executor);
    if (call) ring(executor, 1);
}

/* After a shutdown: whoever waits gets a turn, to end. */
static void stop_all(struct executor *executor) {
    uint32_t asked = 1;
    /* Acquire: what came before the shutdown. Relaxed: nobody asked, or it is done. */
    if (!atomic_compare_exchange_strong_explicit(&executor->stop, &asked, 2, memory_order_acquire,
                                                 memory_order_relaxed))
        return;
    for (struct task *task = executor->tasks; task; task = task->older) schedule(task, CANCELLED);
}

/* How a worker comes for its next task: it has just arrived; it has let go of the last one, and must
 * not touch it; it puts that back into the queue; or that has ended. */
enum turn { ARRIVES, LET_GO, AGAIN, ENDED };

static void unlink_task(struct executor *executor, struct task *task) {
    if (task->newer)
        task->newer->older = task->older;
    else
        executor->tasks = task->older;
    if (task->older) task->older->newer = task->newer;
}

/* Give the last task back, and take the next to be polled; NULL: all have ended. */
static struct task *next(struct executor *executor, struct task *last, enum turn turn) {
    enter(executor);
    if (turn == ARRIVES && executor->running++ == executor->workers)
        panic("executor_run", "more workers than executor_init was told");
    if (turn == AGAIN) push(executor, last);
    if (turn == ENDED) unlink_task(executor, last);
    for (;;) {
        if (!executor->first || ++executor->polls >= EXECUTOR_INTERVAL) {
            executor->polls = 0;
            stop_all(executor);
            wake_timers(executor);
            empty_inbox(executor);
        }
        if (executor->first || !executor->tasks) break;
        if (turn == ENDED) { /* before we sleep, and without the lock: this calls `release` */
            turn = LET_GO;
            leave(executor);
            task_drop(last); /* I3 */
            enter(executor);
            continue;
        }
        nap(executor, executor->timers ? executor->timers->deadline_ns : FUTEX_FOREVER);
    }
    struct task *task = executor->first;
    if (task)
        executor->first = task->next;
    else
        executor->running--;
    /* Somebody sleeps, and there is more to do, or nothing any more. */
    bool call = executor->sleepers > 0 && (executor->first || !task);
    leave(executor);
    if (call) ring(executor, task ? 1 : UINT32_MAX);
    if (turn == ENDED) task_drop(last); /* I3 */
    return task;
}

/* From one state to another, whatever the flags are. Returns what was there before. */
static uint32_t change(struct task *task, uint32_t from, uint32_t to, memory_order order) {
    /* Relaxed: the compare-exchange decides. */
    uint32_t seen = atomic_load_explicit(&task->state, memory_order_relaxed);
    while ((seen & STATE) == from &&
           !atomic_compare_exchange_weak_explicit(&task->state, &seen, seen - from + to, order,
                                                  memory_order_relaxed)) /* we look again */
        continue;
    return seen;
}

/* The poll is over, and the future waits: idle, unless somebody has notified it. */
static enum turn let_go(struct task *task) {
    /* Release: [E2], and who wakes it from now on. */
    if ((change(task, RUNNING, IDLE, memory_order_release) & STATE) == RUNNING) return LET_GO;
    /* Acquire: [E1] of the wake. Release: [E2]. */
    change(task, NOTIFIED, SCHEDULED, memory_order_acq_rel);
    return AGAIN;
}

static enum turn run(struct task *task) {
    struct waker waker = {&task_vtable, task}; /* ours: borrowed by the poll */
    struct context context = {&waker};
    /* I2. Acquire: [E1], [E2]. Release: who wakes from now on comes after. */
    uint32_t before = change(task, SCHEDULED, RUNNING, memory_order_acq_rel);
    if (before & CANCELLED)
        task->output = (struct output){.error = ECANCELED};
    else if (future_poll(task->future, &context, &task->output) == POLL_PENDING)
        return let_go(task);
    future_drop(task->future);
    /* Release: [E3]. Acquire: who registered in `joiner` did it before. */
    before = change(task, RUNNING, COMPLETE, memory_order_acq_rel);
    if ((before & STATE) == NOTIFIED)
        before = change(task, NOTIFIED, COMPLETE, memory_order_acq_rel);
    if (before & WAITED) waker_slot_wake(&task->joiner);
    return ENDED;
}

void executor_run(struct executor *executor) {
    enum turn turn = ARRIVES;
    for (struct task *task = NULL; (task = next(executor, task, turn));) turn = run(task);
}

void executor_shutdown(struct executor *executor) {
    uint32_t runs = 0;
    /* Release: what came before, for the worker that stops. Relaxed: it was asked before. */
    if (atomic_compare_exchange_strong_explicit(&executor->stop, &runs, 1, memory_order_release,
                                                memory_order_relaxed))
        ring(executor, 1);
}
