/* hidden_tests.c - longer pipelines, more senders, other orders. */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "channel.h"
#include "executor.h"
#include "lab.h"
#include "stream.h"

static uintptr_t numbers[1000];
static void count_up(void) {
    for (size_t n = 0; n < 1000; n++) numbers[n] = n;
}

static uint64_t sum;
static int add(void *env, uintptr_t value) {
    (void)env;
    sum += value;
    return 0;
}
static struct output twice(void *env, uintptr_t value) {
    (void)env;
    return (struct output){.value = 2 * value};
}
static bool no_multiple_of_three(void *env, uintptr_t value) {
    (void)env;
    return value % 3 != 0;
}
static uintptr_t difference(void *env, uintptr_t one, uintptr_t other) {
    (void)env;
    return one - other;
}

/* A future that is pending once for every other value. */
static struct lazy {
    struct future future;
    uintptr_t value;
    bool pending;
} lazies[4];
static enum poll lazy_poll(struct future *self, struct context *context, struct output *output) {
    struct lazy *lazy = (struct lazy *)self;
    if (lazy->pending) {
        lazy->pending = false;
        waker_wake_by_ref(context->waker);
        return POLL_PENDING;
    }
    *output = (struct output){.value = lazy->value};
    return POLL_READY;
}
static void lazy_drop(struct future *self) { ((struct lazy *)self)->value = UINTPTR_MAX; }
static struct future *be_lazy(void *env, uintptr_t value) {
    static const struct future_vtable vtable = {lazy_poll, lazy_drop};
    static size_t at;
    struct lazy *lazy = &lazies[at++ % 4];
    (void)env;
    *lazy = (struct lazy){.value = value, .pending = value % 2};
    future_init(&lazy->future, &vtable);
    return &lazy->future;
}

static struct executor executor;
static struct task tasks[43];
static struct channel channels[2];
static uintptr_t slots[2][3];
static struct channel_receiver receivers[2];
static struct forward forwards[2];
static struct stream_items items[2];
static struct for_each loop;
static struct pending never;

Test(hidden, long_pipeline) {
    static struct stream_map map;
    static struct stream_filter filter;
    static struct stream_buffered buffered;
    static struct buffered_slot places[4];
    static struct stream_take_until take_until;
    count_up();
    executor_init(&executor, 1);
    channel_init(&channels[0], slots[0], 3, 1, NULL);
    channel_receive(&channels[0], &receivers[0]);
    stream_items_init(&items[0], numbers, 1000);
    stream_map_init(&map, &items[0].stream, twice, NULL);
    stream_filter_init(&filter, &map.stream, no_multiple_of_three, NULL);
    forward_init(&forwards[0], &filter.stream, &channels[0]);
    stream_buffered_init(&buffered, &receivers[0].stream, be_lazy, NULL, places, 4);
    pending_init(&never);
    stream_take_until_init(&take_until, &buffered.stream, &never.future);
    for_each_init(&loop, &take_until.stream, add, NULL);
    executor_spawn(&executor, &tasks[0], &forwards[0].future, NULL, NULL);
    executor_spawn(&executor, &tasks[1], &loop.future, NULL, NULL);
    executor_run(&executor);
    uint64_t expected = 0;
    for (uint64_t n = 0; n < 1000; n++) expected += n % 3 ? 2 * n : 0;
    cr_assert_eq(sum, expected, "each value, once");
    cr_assert(tasks[1].output.value == 666 && tasks[0].output.value == 666, "and no other");
}

/* Forty senders in a fixed but irregular order: reserve, wait, give up, put, return. */
static struct channel_reserve crowd[40];
static int states[40]; /* 0: not there, 1: waits, 2: holds */
Test(hidden, credits_of_a_crowd) {
    struct waker nobody = {0};
    struct context context = {&nobody};
    struct output output;
    uint32_t random = 1;
    int held = 0, values = 0, waiting = 0;
    channel_init(&channels[0], slots[0], 3, 1, NULL);
    channel_receive(&channels[0], &receivers[0]);
    for (int step = 0; step < 20000; step++) {
        random = random * 1664525 + 1013904223;
        int who = (int)(random >> 16) % 40, what = (int)(random >> 8) % 5;
        if (states[who] == 0 && what < 3) {
            channel_reserve_init(&crowd[who], &channels[0]);
            states[who] = 1, waiting++;
        }
        if (states[who] == 1 && what < 4 &&
            future_poll(&crowd[who].future, &context, &output) == POLL_READY) {
            cr_assert_eq(output.error, 0, "it is open");
            future_drop(&crowd[who].future);
            memset((void *)&crowd[who], 0xee, sizeof crowd[who]);
            states[who] = 2, held++, waiting--;
        } else if (states[who] == 1 && what == 4) {
            future_drop(&crowd[who].future);
            memset((void *)&crowd[who], 0xee, sizeof crowd[who]);
            states[who] = 0, waiting--;
        } else if (states[who] == 2) {
            if (what == 0)
                channel_return(&channels[0]);
            else
                cr_assert(channel_put(&channels[0], (uintptr_t)values), "it is open");
            values += what != 0;
            states[who] = 0, held--;
        }
        if (what == 1 && stream_poll_next(&receivers[0].stream, &context, &output) == STREAM_ITEM)
            values--;
        cr_assert(held >= 0 && held + values <= 3, "no credit from nowhere, at step %d", step);
    }
    for (int who = 0; who < 40; who++)
        if (states[who] == 1) future_drop(&crowd[who].future);
    while (stream_poll_next(&receivers[0].stream, &context, &output) == STREAM_ITEM) values--;
    cr_assert_eq(values, 0, "each value was received");
    for (; held < 3; held++) {
        channel_reserve_init(&crowd[0], &channels[0]);
        cr_assert_eq(future_poll(&crowd[0].future, &context, &output), POLL_READY,
                     "and each credit came back: %d", held);
        future_drop(&crowd[0].future);
    }
}

Test(hidden, merge_of_channels) {
    static struct stream_merge merge;
    static struct stream_zip zip;
    static struct stream_items pairs[2];
    count_up();
    executor_init(&executor, 1);
    for (int n = 0; n < 2; n++) {
        channel_init(&channels[n], slots[n], (size_t)(n + 1), 1, NULL);
        channel_receive(&channels[n], &receivers[n]);
    }
    stream_items_init(&items[0], numbers, 300);
    stream_items_init(&pairs[0], numbers + 1, 200);
    stream_items_init(&pairs[1], numbers, 500);
    stream_zip_init(&zip, &pairs[0].stream, &pairs[1].stream, difference, NULL, NULL);
    forward_init(&forwards[0], &items[0].stream, &channels[0]);
    forward_init(&forwards[1], &zip.stream, &channels[1]);
    stream_merge_init(&merge, &receivers[0].stream, &receivers[1].stream);
    for_each_init(&loop, &merge.stream, add, NULL);
    executor_spawn(&executor, &tasks[0], &forwards[0].future, NULL, NULL);
    executor_spawn(&executor, &tasks[1], &forwards[1].future, NULL, NULL);
    executor_spawn(&executor, &tasks[2], &loop.future, NULL, NULL);
    executor_run(&executor);
    cr_assert_eq(tasks[2].output.value, 500, "300 of one, 200 of the other");
    cr_assert_eq(sum, 300 * 299 / 2 + 200, "each once");
}
