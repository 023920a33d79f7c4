/* hidden_tests.c - more producers, more stages, and books that are kept beside the gate's. */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "executor.h"
#include "gate.h"
#include "lab.h"
#include "rate.h"
#include "stream.h"

static struct gate gates[3];
static struct gate_slot slots[3][8];
static struct gate_producer producers[4];
static struct gate_receiver receivers[3];
static size_t n_given_up;
static void discard(uintptr_t value) {
    (void)value;
    n_given_up++;
}

/* Whatever happens in whatever order, the credits are all there, and each value has one end. */
static struct gate_offer crowd[40];
static int states[40]; /* 0: not there, 1: waits */
Test(hidden, books_balance) {
    struct waker nobody = {0};
    struct context context = {&nobody};
    struct output output;
    uint32_t random = 7;
    size_t accepted = 0, refused = 0, dropped = 0, taken_back = 0, received = 0, offered = 0;
    int in_hand = 0;
    gate_init(&gates[0], slots[0], 5, discard);
    gate_receive(&gates[0], &receivers[0]);
    for (int n = 0; n < 4; n++)
        gate_join(&gates[0], &producers[n], (enum gate_lane)(n % GATE_LANES),
                  (enum gate_overflow)n);
    for (int step = 0; step < 30000; step++) {
        random = random * 1664525 + 1013904223;
        int who = (int)(random >> 16) % 40, what = (int)(random >> 8) % 6;
        if (states[who] == 0 && what < 2) {
            gate_offer_init(&crowd[who], &producers[who % 4], (uintptr_t)step);
            states[who] = 1;
            offered++;
        }
        if (states[who] == 1 && what < 4) {
            if (future_poll(&crowd[who].future, &context, &output) == POLL_READY) {
                if (output.error)
                    refused++;
                else if (output.value == GATE_DROPPED)
                    dropped++;
                else
                    accepted++;
                future_drop(&crowd[who].future);
                memset((void *)&crowd[who], 0xee, sizeof crowd[who]);
                states[who] = 0;
            } else {
                cr_assert_eq(producers[who % 4].overflow, GATE_WAIT, "only one policy waits");
            }
        } else if (states[who] == 1 && what == 4) {
            future_drop(&crowd[who].future);
            memset((void *)&crowd[who], 0xee, sizeof crowd[who]);
            states[who] = 0;
            taken_back++;
        }
        if (what == 5 && in_hand < 4 &&
            stream_poll_next(&receivers[0].stream, &context, &output) == STREAM_ITEM)
            in_hand++, received++;
        if ((random >> 4) % 3 == 0 && in_hand > 0) {
            gate_done(&gates[0]);
            in_hand--;
        }
        struct gate_tally tally = gate_tally(&gates[0]);
        cr_assert_eq(tally.free + tally.granted + tally.queued + tally.taken, 5, "step %d", step);
        cr_assert(tally.taken == (size_t)in_hand && (tally.free == 0 || tally.waiting == 0),
                  "step %d", step);
    }
    gate_close(&gates[0]);
    for (int who = 0; who < 40; who++)
        if (states[who] == 1) {
            future_drop(&crowd[who].future);
            taken_back++;
        }
    for (; in_hand > 0; in_hand--) gate_done(&gates[0]);
    while (stream_poll_next(&receivers[0].stream, &context, &output) == STREAM_ITEM) {
        gate_done(&gates[0]);
        received++;
    }
    cr_assert_eq(gate_tally(&gates[0]).free, 5, "all credits are back");
    cr_assert_eq(accepted + refused + dropped + taken_back, offered, "each offer had one end");
    cr_assert_eq(received + n_given_up, accepted + dropped, "and each value");
}

/* Work that is pending once for every third value. */
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
    *output = (struct output){.value = lazy->value + 1};
    return POLL_READY;
}
static void lazy_drop(struct future *self) { (void)self; }
static struct future *be_lazy(void *env, uintptr_t value) {
    static const struct future_vtable vtable = {lazy_poll, lazy_drop};
    struct lazy *lazy = env;
    *lazy = (struct lazy){.value = value, .pending = value % 3 == 0};
    future_init(&lazy->future, &vtable);
    return &lazy->future;
}

/* A source: offers the numbers below `last`, one after the other, then closes its gate. */
static struct source {
    struct future future;
    struct gate_producer *producer;
    uintptr_t next, last;
    struct gate_offer offer;
    bool offers;
    size_t most; /* values under way in all gates, at most */
} source;
static size_t under_way(void) {
    size_t sum = 0;
    for (int n = 0; n < 3; n++) {
        struct gate_tally tally = gate_tally(&gates[n]);
        sum += tally.granted + tally.queued + tally.taken;
    }
    return sum;
}
static enum poll source_poll(struct future *self, struct context *context, struct output *output) {
    (void)self;
    while (source.next < source.last) {
        if (!source.offers) gate_offer_init(&source.offer, source.producer, source.next);
        source.offers = true;
        if (future_poll(&source.offer.future, context, output) == POLL_PENDING) return POLL_PENDING;
        future_drop(&source.offer.future);
        source.offers = false;
        source.next++;
        if (under_way() > source.most) source.most = under_way();
    }
    gate_close(source.producer->gate);
    *output = (struct output){0};
    return POLL_READY;
}
static void source_drop(struct future *self) { (void)self; }

static uint64_t sum;
static int add(void *env, uintptr_t value) {
    sum += value;
    gate_done(env);
    return 0;
}

/* Each stage tells the next gate when it has ended. */
static enum poll close_next(struct future *self, struct context *context, struct output *output);
static struct closing {
    struct future future;
    struct stage stage;
    struct gate *next;
} closings[2];
static enum poll close_next(struct future *self, struct context *context, struct output *output) {
    struct closing *closing = (struct closing *)self;
    if (future_poll(&closing->stage.future, context, output) == POLL_PENDING) return POLL_PENDING;
    gate_close(closing->next);
    return POLL_READY;
}
static void closing_drop(struct future *self) {
    future_drop(&((struct closing *)self)->stage.future);
}

Test(hidden, three_gates_two_stages) {
    static const struct future_vtable source_vtable = {source_poll, source_drop};
    static const struct future_vtable closing_vtable = {close_next, closing_drop};
    static struct executor executor;
    static struct task tasks[4];
    static struct for_each loop;
    executor_init(&executor, 1);
    for (int n = 0; n < 3; n++) {
        gate_init(&gates[n], slots[n], (size_t)n + 2, discard);
        gate_join(&gates[n], &producers[n], GATE_NORMAL, GATE_WAIT);
        gate_receive(&gates[n], &receivers[n]);
    }
    for (int n = 0; n < 2; n++) {
        closings[n].next = &gates[n + 1];
        stage_init(&closings[n].stage, &receivers[n], be_lazy, &lazies[n], &producers[n + 1]);
        future_init(&closings[n].future, &closing_vtable);
        executor_spawn(&executor, &tasks[n], &closings[n].future, NULL, NULL);
    }
    source = (struct source){.producer = &producers[0], .last = 500};
    future_init(&source.future, &source_vtable);
    executor_spawn(&executor, &tasks[2], &source.future, NULL, NULL);
    for_each_init(&loop, &receivers[2].stream, add, &gates[2]);
    executor_spawn(&executor, &tasks[3], &loop.future, NULL, NULL);
    executor_run(&executor);
    cr_assert_eq(sum, 500 * 499 / 2 + 2 * 500, "each value came through both stages");
    cr_assert(tasks[0].output.value == 500 && tasks[1].output.value == 500, "and was counted");
    cr_assert_leq(source.most, 2 + 3 + 4, "never more under way than there are credits");
    cr_assert_eq(n_given_up, 0, "and nothing was lost");
}

Test(hidden, rate_finds_the_capacity) {
    /* A server of 1000 a second; a latency is its queue. In ten seconds the rate must come near it. */
    static struct rate rate;
    uint64_t now = 0, free_at = 0, offered = 0;
    rate_init(&rate, 10, 1000000, 20, 20000000, 0);
    for (int n = 0; n < 100000 && now < UINT64_C(10000000000); n++) {
        now = rate_next(&rate, now);
        free_at = (free_at > now ? free_at : now) + 1000000;
        rate_sample(&rate, free_at - now, now);
        if (now > UINT64_C(5000000000)) offered++;
    }
    cr_assert(offered > 3500 && offered < 5100, "%zu in five seconds, of 5000", (size_t)offered);
}
