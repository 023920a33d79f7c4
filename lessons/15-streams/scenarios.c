/* scenarios.c - small closed programs around the channel: a sender's thread and a receiver's.
 *
 * Values carry plain memory with them, so that a value which is handed over without an edge is a data
 * race. What is counted by one thread and looked at by the other is atomic, and orders nothing.
 */
#include <errno.h>

#include "scenario.h"

#include "channel.h"
#include "futex.h"
#include "stream.h"

/* --- what they share ---------------------------------------------------------------------------- */

static uintptr_t slots[2];
static struct channel channel;
static struct channel_receiver receiver;
static struct for_each loop;
static int payload[3]; /* plain: written before value n is put, read by whoever receives it */
static int told;       /* plain: written before a close or a finish */
static int discarded;  /* plain: values that the channel gave up */
static char taken[4];  /* plain: the values, in the order in which they came */
static size_t n_taken;
static atomic_int produced, consumed;

/* Each thread waits at a bell of its own; its wakers are that bell. */
struct bell {
    futex_word rung;
};
static struct bell bells[2], nobody;

static struct waker bell_clone(void *data);
static void bell_ring(void *data) {
    struct bell *bell = data;
    /* Release: what came before the wake, for the poll that it brings. */
    atomic_fetch_add_explicit(&bell->rung, 1, memory_order_release);
    futex_wake(&bell->rung, 1);
}
static void bell_drop(void *data) { (void)data; }
static const struct waker_vtable bell_vtable = {bell_clone, bell_ring, bell_ring, bell_drop};
static struct waker bell_clone(void *data) { return (struct waker){&bell_vtable, data}; }

/* Poll until it is ready, sleeping in between. */
static struct output await(struct future *future, int thread) {
    struct bell *bell = &bells[thread];
    struct waker waker = {&bell_vtable, bell};
    struct context context = {&waker};
    struct output output;
    for (;;) {
        /* Acquire: pairs with bell_ring. */
        uint32_t rung = atomic_load_explicit(&bell->rung, memory_order_acquire);
        if (future_poll(future, &context, &output) == POLL_READY) break;
        futex_wait(&bell->rung, rung);
    }
    future_drop(future);
    return output;
}

static void discard(uintptr_t value) {
    (void)value;
    discarded++;
}

static void setup_channel(size_t capacity, unsigned senders) {
    channel_init(&channel, slots, capacity, senders, discard);
    channel_receive(&channel, &receiver);
    payload[0] = payload[1] = payload[2] = told = discarded = 0;
    n_taken = 0;
    for (int n = 0; n < 2; n++)
        atomic_store_explicit(&bells[n].rung, 0,
                              memory_order_relaxed); /* relaxed: not shared yet */
    /* Relaxed: the threads start later. */
    atomic_store_explicit(&produced, 0, memory_order_relaxed);
    atomic_store_explicit(&consumed, 0, memory_order_relaxed); /* relaxed: as above */
}

/* Every credit is where it belongs once all is over. */
static void credits_are_back(void) {
    scenario_require(channel.free + channel.count == channel.capacity, "no credit is lost");
    scenario_require(!channel.waiting.first && !channel.watching.first, "nobody waits");
}

static bool put(uintptr_t value) {
    payload[value] = (int)value + 1;
    return channel_put(&channel, value);
}
static int take(void *unused, uintptr_t value) {
    (void)unused;
    scenario_require(payload[value] == (int)value + 1, "what came before the put is seen");
    taken[n_taken++] = (char)('a' + value);
    /* Relaxed: counts, and orders nothing. */
    atomic_fetch_add_explicit(&consumed, 1, memory_order_relaxed);
    return 0;
}

static uintptr_t next_value(void) {
    struct bell *bell = &bells[1];
    struct waker waker = {&bell_vtable, bell};
    struct context context = {&waker};
    struct output output;
    for (;;) {
        /* Acquire: pairs with bell_ring. */
        uint32_t rung = atomic_load_explicit(&bell->rung, memory_order_acquire);
        enum poll_next poll = stream_poll_next(&receiver.stream, &context, &output);
        if (poll == STREAM_ITEM) return output.value;
        scenario_require(poll == STREAM_PENDING, "this is not the end");
        futex_wait(&bell->rung, rung);
    }
}
static struct output receive_all(void) {
    for_each_init(&loop, &receiver.stream, take, NULL);
    return await(&loop.future, 1);
}

static struct channel_reserve reserves[2];

static int reserve(int number) {
    channel_reserve_init(&reserves[number], &channel);
    return await(&reserves[number].future, number).error;
}

static void wait_quietly(int number) {
    struct waker waker = {&bell_vtable, &nobody};
    struct context context = {&waker};
    struct output output;
    channel_reserve_init(&reserves[number], &channel);
    scenario_require(future_poll(&reserves[number].future, &context, &output) == POLL_PENDING,
                     "there is no credit");
}

/* --- one value, two values ---------------------------------------------------------------------- */

static void setup_credit(void) {
    setup_channel(1, 1);
    scenario_require(reserve(0) == 0, "a credit");
}
static void sends_one(void) {
    scenario_require(put(0), "an open channel accepts");
    told = 1;
    channel_finish(&channel, EIO);
}
static void receives_one(void) {
    struct output output = receive_all();
    scenario_require(output.value == 1, "the value");
    scenario_require(output.error == EIO && told == 1, "then the end, and why");
}
SCENARIO(value_is_handed_over, .promise = "what was done before the put is seen with the value",
         .setup = setup_credit, .threads = {sends_one, receives_one}, .finally = credits_are_back);

static void setup_full(void) {
    setup_credit();
    scenario_require(put(0), "the only slot is full");
}
static void sends_another(void) {
    scenario_require(reserve(0) == 0 && put(1), "there is room when the first value was taken");
    channel_finish(&channel, 0);
}
static void receives_the_first(void) { take(NULL, next_value()); }
static void receives_the_second(void) {
    scenario_require(receive_all().value == 1 && taken[1] == 'b', "the other value");
    credits_are_back();
}
SCENARIO(sender_waits_for_room, .promise = "a full channel makes its sender wait, and wakes it",
         .setup = setup_full, .threads = {sends_another, receives_the_first},
         .finally = receives_the_second);

static void setup_two_senders(void) {
    setup_channel(2, 2);
    scenario_require(reserve(0) == 0 && reserve(1) == 0, "a credit for each");
}
static void sends_a(void) {
    scenario_require(put(0), "an open channel accepts");
    channel_finish(&channel, 0);
}
static void sends_b(void) {
    scenario_require(put(1), "an open channel accepts");
    channel_finish(&channel, 0);
}
static void both_are_there(void) {
    scenario_require(receive_all().value == 2, "the values of both");
    credits_are_back();
}
SCENARIO(senders_share_the_channel, .promise = "two senders at once lose no value",
         .setup = setup_two_senders, .threads = {sends_a, sends_b}, .finally = both_are_there);

/* --- credits ------------------------------------------------------------------------------------ */

/* The channel is full. Two wait, the first of them goes. */
static void setup_two_waiting(void) {
    setup_full();
    wait_quietly(0);
    wait_quietly(1);
}
static void first_goes_second_waits(void) {
    future_drop(&reserves[0].future);
    scenario_require(await(&reserves[1].future, 1).error == 0, "the second gets the credit");
    scenario_require(put(1), "and may use it");
}
SCENARIO(credit_is_passed_on, .promise = "a sender that is dropped keeps no credit",
         .setup = setup_two_waiting, .threads = {receives_the_first, first_goes_second_waits});

/* Counts what it has made; a sender must hold a credit for each. */
static struct made {
    struct stream stream;
    uintptr_t next, last;
    int drops;
} made;
static enum poll_next made_poll(struct stream *self, struct context *context,
                                struct output *output) {
    struct made *it = (struct made *)self;
    (void)context;
    if (it->next == it->last) {
        output->error = 0;
        return STREAM_END;
    }
    payload[it->next] = (int)it->next + 1;
    /* Relaxed, both: counts. The receiver may have a value in its hands that is not counted yet. */
    int more = atomic_fetch_add_explicit(&produced, 1, memory_order_relaxed) + 1;
    more -= atomic_load_explicit(&consumed, memory_order_relaxed);
    scenario_require(more <= (int)channel.capacity + 1, "memory is bounded");
    output->value = it->next++;
    return STREAM_ITEM;
}
static void made_drop(struct stream *self) { ((struct made *)self)->drops++; }
static const struct stream_vtable made_vtable = {made_poll, made_drop};
static struct forward forward;

/* It has sent one value, and waits for room. */
static void setup_bounded(void) {
    struct waker waker = {&bell_vtable, &nobody};
    struct context context = {&waker};
    struct output output;
    setup_channel(1, 1);
    made = (struct made){.last = 3};
    stream_init(&made.stream, &made_vtable);
    forward_init(&forward, &made.stream, &channel);
    scenario_require(future_poll(&forward.future, &context, &output) == POLL_PENDING &&
                         made.next == 1,
                     "one value for one slot");
}
static void forwards_another(void) {
    struct bell *bell = &bells[0];
    struct waker waker = {&bell_vtable, bell};
    struct context context = {&waker};
    struct output output;
    while (made.next < 2) {
        /* Acquire: pairs with bell_ring. */
        uint32_t rung = atomic_load_explicit(&bell->rung, memory_order_acquire);
        scenario_require(future_poll(&forward.future, &context, &output) == POLL_PENDING,
                         "there is more to send");
        if (made.next < 2) futex_wait(&bell->rung, rung);
    }
}
static void forward_is_dropped(void) {
    future_drop(&forward.future);
    scenario_require(made.drops == 1, "and its source with it");
    scenario_require(receive_all().error == ECANCELED, "the receiver is told that there was more");
    scenario_require(n_taken == 2 && taken[1] == 'b', "all that was sent is received, in order");
    credits_are_back();
}
SCENARIO(memory_is_bounded, .promise = "a source makes no value for which there is no room",
         .setup = setup_bounded, .threads = {forwards_another, receives_the_first},
         .finally = forward_is_dropped);

/* --- the end, from the receiver ----------------------------------------------------------------- */

static void is_refused(void) {
    scenario_require(reserve(0) == EPIPE, "there is no credit any more");
    scenario_require(told == 1, "what was done before the close is seen");
}
static void closes(void) {
    told = 1;
    channel_receiver_close(&receiver);
}
static void value_is_left(void) {
    scenario_require(receive_all().value == 1, "what was accepted is received");
    credits_are_back();
}
SCENARIO(close_refuses_who_waits, .promise = "a close wakes senders that wait, and loses nothing",
         .setup = setup_full, .threads = {is_refused, closes}, .finally = value_is_left);

/* A put at the same time as the drop of the receiver: accepted, or refused. */
static bool accepted;
static void puts_a_value(void) {
    accepted = put(0);
    scenario_require(accepted || told == 1, "what was done before the drop is seen");
}
static void drops_the_receiver(void) {
    told = 1;
    stream_drop(&receiver.stream);
}
static void each_value_has_an_owner(void) {
    scenario_require(discarded == (accepted ? 1 : 0), "accepted and discarded, or refused");
    credits_are_back();
}
SCENARIO(put_meets_the_drop, .promise = "a value is accepted, and given up once; or it is refused",
         .setup = setup_credit, .threads = {puts_a_value, drops_the_receiver},
         .finally = each_value_has_an_owner);

/* A source that has nothing to say. */
static enum poll_next silent_poll(struct stream *self, struct context *context,
                                  struct output *output) {
    (void)self, (void)context, (void)output;
    return STREAM_PENDING;
}
static const struct stream_vtable silent_vtable = {silent_poll, made_drop};
static void setup_silent(void) {
    struct waker waker = {&bell_vtable, &nobody};
    struct context context = {&waker};
    struct output output;
    setup_channel(1, 1);
    made = (struct made){0};
    stream_init(&made.stream, &silent_vtable);
    forward_init(&forward, &made.stream, &channel);
    scenario_require(future_poll(&forward.future, &context, &output) == POLL_PENDING,
                     "it holds a credit, and has nothing to use it for");
}
static void forwards_in_vain(void) {
    struct output output = await(&forward.future, 0);
    scenario_require(output.error == EPIPE && output.value == 0, "nobody listens any more");
    scenario_require(made.drops == 1, "so the source may go");
}
SCENARIO(close_reaches_a_silent_source,
         .promise = "a source that is pending goes with its receiver", .setup = setup_silent,
         .threads = {forwards_in_vain, drops_the_receiver}, .finally = credits_are_back);

/* --- several futures, completed by another thread ----------------------------------------------- */

static struct oneshot cells[2];
static struct oneshot_receiver answers[2];
static struct stream_items items;
static struct stream_buffered buffered;
static struct buffered_slot places[2];

static struct future *ask(void *unused, uintptr_t value) {
    (void)unused;
    oneshot_receive(&cells[value], &answers[value]);
    return &answers[value].future;
}
static void setup_buffered(void) {
    static const uintptr_t numbers[2] = {0, 1};
    setup_channel(1, 1);
    for (int n = 0; n < 2; n++) oneshot_init(&cells[n]);
    stream_items_init(&items, numbers, 2);
    stream_buffered_init(&buffered, &items.stream, ask, NULL, places, 2);
}
static void receives_in_order(void) {
    for_each_init(&loop, &buffered.stream, take, NULL);
    scenario_require(await(&loop.future, 1).value == 2, "both answers");
    scenario_require(taken[0] == 'a' && taken[1] == 'b', "in the order of the questions");
}
static void answers_backwards(void) {
    for (uintptr_t n = 2; n-- > 0;) {
        payload[n] = (int)n + 1;
        oneshot_send(&cells[n], (struct output){.value = n});
    }
}
SCENARIO(answers_come_in_order, .promise = "answers come in the order of the questions",
         .setup = setup_buffered, .threads = {receives_in_order, answers_backwards});
