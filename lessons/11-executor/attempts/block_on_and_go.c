/* block_on_and_go.c - STEP 1 and STEP 2, and a waker that points to a stack that is gone.
 *
 * The parker is right. block_on polls, parks, and returns when the future is ready, as in every tutorial.
 * But a waker is two words, and the second points into block_on's frame. A sender that has just made the
 * future ready still holds its clone, and is about to call it. What it writes then, it writes into
 * whatever stands on that stack by now.
 */
#include "executor.h"

#include <errno.h>

#include "panic.h"

enum { NO_NOTICE, NOTICE };
#define PARKED UINT32_MAX

void parker_init(struct parker *parker) {
    /* Relaxed: whoever hands the parker to another thread makes the edge. */
    atomic_store_explicit(&parker->state, NO_NOTICE, memory_order_relaxed);
}

bool parker_park_until(struct parker *parker, uint64_t deadline_ns) {
    /* From NOTICE to NO_NOTICE, or from NO_NOTICE to PARKED. Acquire: [P1]. */
    if (atomic_fetch_sub_explicit(&parker->state, 1, memory_order_acquire) == NOTICE) return true;
    bool late = false;
    while (!late) {
        late = futex_wait_until(&parker->state, PARKED, deadline_ns) == FUTEX_TIMED_OUT;
        uint32_t notice = NOTICE;
        if (atomic_compare_exchange_strong_explicit(&parker->state, &notice, NO_NOTICE,
                                                    memory_order_acquire,  /* [P1] */
                                                    memory_order_relaxed)) /* there is none */
            return true;
    }
    /* Acquire: [P1], if it came just now. */
    return atomic_exchange_explicit(&parker->state, NO_NOTICE, memory_order_acquire) == NOTICE;
}

void parker_park(struct parker *parker) { parker_park_until(parker, FUTEX_FOREVER); }

void parker_unpark(struct parker *parker) {
    /* Release: [P1]. */
    if (atomic_exchange_explicit(&parker->state, NOTICE, memory_order_release) == PARKED)
        futex_wake(&parker->state, 1);
}

static struct waker clone(void *data);
static void wake(void *data) { parker_unpark(data); } /* [E1] */
static void drop(void *data) { (void)data; }
static const struct waker_vtable vtable = {clone, wake, wake, drop};
static struct waker clone(void *data) { return (struct waker){&vtable, data}; }

struct output block_on(struct future *future) {
    struct parker parker;
    struct waker waker = {&vtable, &parker};
    struct context context = {&waker};
    struct output output;
    parker_init(&parker);
    while (future_poll(future, &context, &output) == POLL_PENDING) parker_park(&parker); /* [E1] */
    future_drop(future);
    return output; /* and the parker goes */
}

/* STEP 3 to STEP 6 are still to come. */
void executor_init(struct executor *executor, unsigned workers) { (void)executor, (void)workers; }
void executor_spawn(struct executor *executor, struct task *task, struct future *future,
                    void (*release)(struct task *task), struct join_handle *handle) {
    (void)executor, (void)task, (void)future, (void)release, (void)handle;
}
void executor_run(struct executor *executor) { (void)executor; }
void join_handle_cancel(struct join_handle *handle) { (void)handle; }
void executor_shutdown(struct executor *executor) { (void)executor; }
void yield_init(struct yield *yield) { (void)yield; }
void timer_init(struct timer *timer, struct executor *executor, uint64_t deadline_ns) {
    (void)timer, (void)executor, (void)deadline_ns;
}
