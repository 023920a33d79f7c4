/* bench.c - what a task costs.
 *
 * One worker: to spawn a task whose future is ready, run it and join it, in three ways; to yield. Two
 * threads: a wake from the other side, there and back. Several workers: yields on a shared queue.
 * Medians of ROUNDS runs, in nanoseconds.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "executor.h"

enum { ROUNDS = 9, BATCH = 1000, TIMES = 200, YIELDS = 1000000, TRIPS = 20000 };

static struct executor executor;
static struct task tasks[BATCH];
static struct ready ready[BATCH];
static struct join_handle handles[BATCH];

static int ascending(const void *left, const void *right) {
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static void report(const char *what, double (*measure)(void)) {
    double values[ROUNDS];
    measure(); /* warm */
    for (int round = 0; round < ROUNDS; round++) values[round] = measure();
    qsort(values, ROUNDS, sizeof values[0], ascending);
    printf("%-58s %8.1f\n", what, values[ROUNDS / 2]);
}

/* --- spawn and join ------------------------------------------------------------------------------ */

static void spawn(int n, bool joined) {
    ready_init(&ready[n], (struct output){.value = (uintptr_t)n});
    executor_spawn(&executor, &tasks[n], &ready[n].future, NULL, joined ? &handles[n] : NULL);
}

static struct output poll_once(struct future *future) {
    static const struct waker nobody;
    struct context context = {&nobody};
    struct output output;
    if (future_poll(future, &context, &output) != POLL_READY) abort();
    future_drop(future);
    return output;
}

static double spawn_and_forget(void) {
    executor_init(&executor, 1);
    uint64_t start = clock_now_ns();
    for (int times = 0; times < TIMES; times++) {
        for (int n = 0; n < BATCH; n++) spawn(n, false);
        executor_run(&executor);
    }
    return (double)(clock_now_ns() - start) / (TIMES * BATCH);
}

static double spawn_and_join(void) {
    executor_init(&executor, 1);
    uint64_t start = clock_now_ns();
    for (int times = 0; times < TIMES; times++) {
        for (int n = 0; n < BATCH; n++) spawn(n, true);
        executor_run(&executor);
        for (int n = 0; n < BATCH; n++)
            if (poll_once(&handles[n].future).value != (uintptr_t)n) abort();
    }
    return (double)(clock_now_ns() - start) / (TIMES * BATCH);
}

/* A task that spawns another and awaits its handle, again and again. */
struct parent {
    struct future future;
    int left;
    bool waits;
};

static enum poll parent_poll(struct future *self, struct context *context, struct output *output) {
    struct parent *parent = (struct parent *)self;
    for (;;) {
        if (parent->waits) {
            if (future_poll(&handles[0].future, context, output) == POLL_PENDING)
                return POLL_PENDING;
            future_drop(&handles[0].future);
            parent->waits = false;
        }
        if (parent->left-- == 0) return POLL_READY;
        spawn(0, true);
        parent->waits = true;
    }
}
static void parent_drop(struct future *self) { (void)self; }
static const struct future_vtable parent_vtable = {parent_poll, parent_drop};

static double await_each(void) {
    static struct task root;
    struct parent parent = {.left = TIMES * BATCH};
    future_init(&parent.future, &parent_vtable);
    executor_init(&executor, 1);
    executor_spawn(&executor, &root, &parent.future, NULL, NULL);
    uint64_t start = clock_now_ns();
    executor_run(&executor);
    return (double)(clock_now_ns() - start) / (TIMES * BATCH);
}

/* --- yield --------------------------------------------------------------------------------------- */

struct yielder {
    struct future future;
    int left;
};
static enum poll yielder_poll(struct future *self, struct context *context, struct output *output) {
    struct yielder *yielder = (struct yielder *)self;
    if (yielder->left-- == 0) {
        *output = (struct output){0};
        return POLL_READY;
    }
    waker_wake_by_ref(context->waker);
    return POLL_PENDING;
}
static const struct future_vtable yielder_vtable = {yielder_poll, parent_drop};

static double yields(unsigned workers, int count) {
    static struct yielder yielders[BATCH];
    executor_init(&executor, workers);
    for (int n = 0; n < count; n++) {
        yielders[n].left = YIELDS / count;
        future_init(&yielders[n].future, &yielder_vtable);
        executor_spawn(&executor, &tasks[n], &yielders[n].future, NULL, NULL);
    }
    uint64_t start = clock_now_ns();
    executor_run(&executor);
    return (double)(clock_now_ns() - start) / YIELDS;
}
static double yield_alone(void) { return yields(1, 1); }
static double yield_of_a_hundred(void) { return yields(1, 100); }
static double yield_with_a_lock(void) { return yields(2, 100); }

/* --- two threads --------------------------------------------------------------------------------- */

static struct oneshot cells[TRIPS];
static struct parker reply;

struct listener {
    struct future future;
    struct oneshot_receiver receiver;
    int at;
};
static enum poll listener_poll(struct future *self, struct context *context,
                               struct output *output) {
    struct listener *listener = (struct listener *)self;
    while (future_poll(&listener->receiver.future, context, output) == POLL_READY) {
        future_drop(&listener->receiver.future);
        parker_unpark(&reply);
        if (++listener->at == TRIPS) return POLL_READY;
        oneshot_receive(&cells[listener->at], &listener->receiver);
    }
    return POLL_PENDING;
}
static const struct future_vtable listener_vtable = {listener_poll, parent_drop};

static void *sender(void *unused) {
    for (int n = 0; n < TRIPS; n++) {
        oneshot_send(&cells[n], (struct output){0});
        parker_park(&reply);
    }
    return unused;
}

static double there_and_back(void) {
    static struct listener listener;
    pthread_t thread;
    for (int n = 0; n < TRIPS; n++) oneshot_init(&cells[n]);
    parker_init(&reply);
    listener.at = 0;
    future_init(&listener.future, &listener_vtable);
    oneshot_receive(&cells[0], &listener.receiver);
    executor_init(&executor, 1);
    executor_spawn(&executor, &tasks[0], &listener.future, NULL, NULL);
    uint64_t start = clock_now_ns();
    if (pthread_create(&thread, NULL, sender, NULL) != 0) abort();
    executor_run(&executor);
    double took = (double)(clock_now_ns() - start) / TRIPS;
    pthread_join(thread, NULL);
    return took;
}

static void *works(void *unused) {
    executor_run(&executor);
    return unused;
}

static double two_workers(void) {
    static struct yielder yielders[BATCH];
    pthread_t thread;
    executor_init(&executor, 2);
    for (int n = 0; n < 100; n++) {
        yielders[n].left = YIELDS / 100;
        future_init(&yielders[n].future, &yielder_vtable);
        executor_spawn(&executor, &tasks[n], &yielders[n].future, NULL, NULL);
    }
    uint64_t start = clock_now_ns();
    if (pthread_create(&thread, NULL, works, NULL) != 0) abort();
    executor_run(&executor);
    double took = (double)(clock_now_ns() - start) / YIELDS;
    pthread_join(thread, NULL);
    return took;
}

int main(void) {
    printf("%-58s %8s\n", "one worker", "ns");
    report("spawn and run, nobody joins", spawn_and_forget);
    report("spawn, run and join, a thousand at a time", spawn_and_join);
    report("spawn and await, one after the other, from a task", await_each);
    report("yield, one task", yield_alone);
    report("yield, a hundred tasks in turn", yield_of_a_hundred);
    printf("\n%-58s %8s\n", "several threads", "ns");
    report("oneshot to a task, parker back", there_and_back);
    report("yield, a hundred tasks, made for two workers, one comes", yield_with_a_lock);
    report("yield, a hundred tasks, two workers", two_workers);
    return 0;
}
