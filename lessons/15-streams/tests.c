/* tests.c - what streams, their operators and the channel promise, as tests that make their own luck.
 *
 * Everything here runs on one thread, polled by hand: a test says in which order things happen. The
 * tests know stream.h and channel.h and nothing else: whatever keeps those contracts passes.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "channel.h"
#include "lab.h"
#include "stream.h"

/* --- wakers, streams and futures of the tests' own ---------------------------------------------- */

/* A waker that counts. Each test's tasks are numbered. */
static int wakes[6], references[6];

static struct waker counting_clone(void *data);
static void counting_wake_by_ref(void *data) { ++*(int *)data; }
static void counting_drop(void *data) { references[(int *)data - wakes]--; }
static void counting_wake(void *data) {
    counting_wake_by_ref(data);
    counting_drop(data);
}
static const struct waker_vtable counting = {counting_clone, counting_wake, counting_wake_by_ref,
                                             counting_drop};
static struct waker counting_clone(void *data) {
    references[(int *)data - wakes]++;
    return (struct waker){&counting, data};
}
static struct waker wakers[6] = {{&counting, &wakes[0]}, {&counting, &wakes[1]},
                                 {&counting, &wakes[2]}, {&counting, &wakes[3]},
                                 {&counting, &wakes[4]}, {&counting, &wakes[5]}};
static struct context contexts[6] = {{&wakers[0]}, {&wakers[1]}, {&wakers[2]},
                                     {&wakers[3]}, {&wakers[4]}, {&wakers[5]}};

static struct output output; /* of the latest poll */

static enum poll_next ask(struct stream *stream) {
    output = (struct output){.error = 77, .value = 77};
    return stream_poll_next(stream, &contexts[0], &output);
}
static enum poll poll_as(int task, struct future *future) {
    output = (struct output){.error = 77, .value = 77};
    return future_poll(future, &contexts[task], &output);
}
static bool no_waker_is_left(void) {
    for (int task = 0; task < 6; task++)
        if (references[task] != 0) return false;
    return true;
}

/* A stream that follows a script: a letter is a value, '-' is pending, '!' ends with EIO, and the end
 * of the script is the end. */
struct script {
    struct stream stream;
    const char *at;
    int polls, drops;
    struct waker kept;
};
static enum poll_next script_poll(struct stream *self, struct context *context,
                                  struct output *out) {
    struct script *script = (struct script *)self;
    script->polls++;
    waker_drop(&script->kept);
    switch (*script->at) {
    case '\0': *out = (struct output){0}; return STREAM_END;
    case '!': *out = (struct output){.error = EIO}; return STREAM_END;
    case '-':
        script->at++;
        script->kept = waker_clone(context->waker);
        return STREAM_PENDING;
    default: *out = (struct output){.value = (uintptr_t)*script->at++}; return STREAM_ITEM;
    }
}
static void script_drop(struct stream *self) {
    struct script *script = (struct script *)self;
    script->drops++;
    waker_drop(&script->kept);
}
static const struct stream_vtable script_vtable = {script_poll, script_drop};
static struct stream *follow(struct script *script, const char *text) {
    *script = (struct script){.at = text};
    stream_init(&script->stream, &script_vtable);
    return &script->stream;
}
static struct script one, two;

/* A future that is ready when it is told. */
struct switched {
    struct future future;
    bool on;
    int polls, drops;
    struct output output;
};
static enum poll switched_poll(struct future *self, struct context *context, struct output *out) {
    struct switched *it = (struct switched *)self;
    (void)context;
    it->polls++;
    if (!it->on) return POLL_PENDING;
    *out = it->output;
    return POLL_READY;
}
static void switched_drop(struct future *self) { ((struct switched *)self)->drops++; }
static const struct future_vtable switched_vtable = {switched_poll, switched_drop};
static struct future *off(struct switched *it, struct output ready) {
    *it = (struct switched){.output = ready};
    future_init(&it->future, &switched_vtable);
    return &it->future;
}
static struct switched signals[20];

/* What a stream says, as a script: letters, '-', and at the end '.' or '!'. */
static char said[300];
static const char *listen(struct stream *stream) {
    size_t n = 0;
    while (n < sizeof said - 1) {
        enum poll_next poll = ask(stream);
        if (poll == STREAM_PENDING)
            cr_assert_eq(output.value, 77, "pending leaves the output alone");
        said[n++] = poll == STREAM_PENDING ? '-'
                    : poll == STREAM_ITEM  ? (char)output.value
                    : output.error         ? '!'
                                           : '.';
        if (poll == STREAM_END) break;
    }
    said[n] = '\0';
    return said;
}

/* --- STEP 1: the stream ------------------------------------------------------------------------- */

static const uintptr_t letters[] = {'a', 'b', 'c'};
static uintptr_t numbers[300];
static struct stream_items items;
static struct for_each loop;
static uintptr_t seen[300];
static size_t n_seen;
static int stop_at; /* value at which `see` refuses */

static int see(void *env, uintptr_t value) {
    (void)env;
    seen[n_seen++] = value;
    return stop_at && value == (uintptr_t)stop_at ? EDOM : 0;
}

Test(stream, items_come_in_order) {
    stream_items_init(&items, letters, 3);
    cr_assert_str_eq(listen(&items.stream), "abc.", "the values, then the end: %s", said);
    stream_drop(&items.stream);
}

Test(stream, an_item_has_no_error) {
    stream_items_init(&items, letters, 1);
    cr_assert_eq(ask(&items.stream), STREAM_ITEM, "a value");
    cr_assert_eq(output.error, 0, "without an error");
}

static enum poll_next dirty_poll(struct stream *self, struct context *context, struct output *out) {
    (void)self, (void)context;
    *out = (struct output){.error = EIO, .value = 'a'};
    return STREAM_ITEM;
}
static const struct stream_vtable dirty_vtable = {dirty_poll, script_drop};
Test(stream, error_of_an_item_is_wiped) {
    follow(&one, "");
    stream_init(&one.stream, &dirty_vtable);
    cr_assert_eq(ask(&one.stream), STREAM_ITEM, "a value");
    cr_assert_eq(output.error, 0, "errors are for the end");
}

Test(stream, poll_after_the_end_panics) {
    follow(&one, "");
    cr_assert_eq(ask(&one.stream), STREAM_END, "the end");
    lab_expect_panic("stream_poll_next");
    ask(&one.stream);
}

Test(stream, poll_after_a_drop_panics) {
    stream_drop(follow(&one, "ab"));
    cr_assert_eq(one.drops, 1, "dropped by the vtable's drop");
    lab_expect_panic("stream_poll_next");
    ask(&one.stream);
}

Test(stream, second_drop_panics) {
    stream_drop(follow(&one, "ab"));
    lab_expect_panic("stream_drop");
    stream_drop(&one.stream);
}

Test(stream, moved_when_fresh) {
    follow(&one, "a");
    two = one;
    cr_assert_str_eq(listen(&two.stream), "a.", "a fresh stream may be moved");
    stream_drop(&two.stream);
}

Test(stream, poll_after_a_move_panics) {
    follow(&one, "ab");
    ask(&one.stream);
    two = one;
    lab_expect_panic("stream_poll_next");
    ask(&two.stream);
}

Test(stream, drop_after_a_move_panics) {
    follow(&one, "ab");
    ask(&one.stream);
    two = one;
    lab_expect_panic("stream_drop");
    stream_drop(&two.stream);
}

Test(for_each, takes_every_value) {
    for_each_init(&loop, follow(&one, "ab-c"), see, NULL);
    cr_assert_eq(one.polls, 0, "nothing happens before the first poll");
    cr_assert_eq(poll_as(0, &loop.future), POLL_PENDING, "the source waits");
    cr_assert(n_seen == 2 && wakes[0] == 0, "two values are there; the source has the waker");
    cr_assert_eq(poll_as(0, &loop.future), POLL_READY, "the end");
    cr_assert(output.error == 0 && output.value == 3, "it says how many");
    cr_assert(n_seen == 3 && seen[2] == 'c', "each was handed over");
    cr_assert_eq(one.drops, 1, "and the stream is dropped");
    future_drop(&loop.future);
    cr_assert_eq(one.drops, 1, "once");
}

Test(for_each, hands_the_error_on) {
    for_each_init(&loop, follow(&one, "a!"), see, NULL);
    cr_assert_eq(poll_as(0, &loop.future), POLL_READY, "the end");
    cr_assert(output.error == EIO && output.value == 1, "with its error");
}

Test(for_each, may_stop) {
    stop_at = 'b';
    for_each_init(&loop, follow(&one, "abc"), see, NULL);
    cr_assert_eq(poll_as(0, &loop.future), POLL_READY, "it has had enough");
    cr_assert(output.error == EDOM && output.value == 2, "and says why");
    cr_assert(one.polls == 2 && one.drops == 1, "no more is asked for");
}

Test(for_each, dropped_half_way) {
    for_each_init(&loop, follow(&one, "a-b"), see, NULL);
    poll_as(0, &loop.future);
    future_drop(&loop.future);
    cr_assert(one.drops == 1 && no_waker_is_left(), "the stream goes with it");
}

Test(for_each, lets_others_by) {
    stream_items_init(&items, numbers, 300);
    for_each_init(&loop, &items.stream, see, NULL);
    int polls = 1;
    while (poll_as(0, &loop.future) == POLL_PENDING) {
        cr_assert_eq(wakes[0], polls, "pending for politeness: it has woken itself");
        cr_assert_eq(n_seen, (size_t)(polls * STREAM_BUDGET), "after a budget of values");
        polls++;
    }
    cr_assert_eq(polls, 300 / STREAM_BUDGET + 1, "it took so many polls");
    cr_assert_eq(output.value, 300, "and all are taken");
}

/* --- STEP 2: operators -------------------------------------------------------------------------- */

static struct stream_map map;
static struct stream_filter filter;
static struct stream_merge merge;
static struct stream_zip zip;
static struct stream_take_until take_until;

static struct output to_upper(void *env, uintptr_t value) {
    (void)env;
    if (value == 'x') return (struct output){.error = EIO};
    return (struct output){.value = value - 'a' + 'A'};
}
static bool is_vowel(void *env, uintptr_t value) {
    (void)env;
    return value == 'a' || value == 'e' || value == 'o';
}
static uintptr_t greater(void *env, uintptr_t a, uintptr_t b) {
    (void)env;
    return a > b ? a : b;
}
static char lonely[10];
static size_t n_lonely;
static void remember(void *env, uintptr_t value) {
    (void)env;
    lonely[n_lonely++] = (char)value;
}

Test(map, changes_each_value) {
    stream_map_init(&map, follow(&one, "a-b!"), to_upper, NULL);
    cr_assert_str_eq(listen(&map.stream), "A-B!", "%s", said);
    cr_assert_eq(one.drops, 1, "a child that has ended is dropped at once");
    stream_drop(&map.stream);
    cr_assert_eq(one.drops, 1, "once");
}

Test(map, error_ends_the_stream) {
    stream_map_init(&map, follow(&one, "axb"), to_upper, NULL);
    cr_assert_str_eq(listen(&map.stream), "A!", "an error is the end: %s", said);
    cr_assert(one.drops == 1 && one.polls == 2, "the child is not asked again, and dropped");
}

Test(map, dropped_half_way) {
    stream_map_init(&map, follow(&one, "ab"), to_upper, NULL);
    ask(&map.stream);
    stream_drop(&map.stream);
    cr_assert_eq(one.drops, 1, "with its child");
}

Test(filter, keeps_what_is_wanted) {
    stream_filter_init(&filter, follow(&one, "xaxx-ex"), is_vowel, NULL);
    cr_assert_str_eq(listen(&filter.stream), "a-e.", "%s", said);
    cr_assert_eq(one.drops, 1, "the child is dropped at its end");
    stream_drop(&filter.stream);
    stream_filter_init(&filter, follow(&one, "x!"), is_vowel, NULL);
    cr_assert_str_eq(listen(&filter.stream), "!", "an error passes: %s", said);
    stream_drop(&filter.stream);
    stream_filter_init(&filter, follow(&one, "ae"), is_vowel, NULL);
    ask(&filter.stream);
    cr_assert_eq(one.polls, 1, "one value was asked for");
    stream_drop(&filter.stream);
    cr_assert_eq(one.drops, 1, "dropped half way, with its child");
}

Test(filter, lets_others_by) {
    stream_items_init(&items, numbers, 300);
    stream_filter_init(&filter, &items.stream, is_vowel, NULL);
    cr_assert_eq(ask(&filter.stream), STREAM_PENDING, "nothing found in a budget of values");
    cr_assert_eq(wakes[0], 1, "it has woken itself");
    cr_assert_eq(items.at, STREAM_BUDGET, "after so many");
}

Test(merge, takes_turns) {
    stream_merge_init(&merge, follow(&one, "abc"), follow(&two, "xyz"));
    cr_assert_str_eq(listen(&merge.stream), "axbycz.", "%s", said);
    cr_assert(one.drops == 1 && two.drops == 1, "both have ended");
    stream_drop(&merge.stream);
    cr_assert(one.drops == 1 && two.drops == 1, "and are dropped once");
}

Test(merge, goes_on_with_the_other) {
    stream_merge_init(&merge, follow(&one, "a"), follow(&two, "-x-yz"));
    cr_assert_str_eq(listen(&merge.stream), "a-x-yz.", "%s", said);
    stream_drop(&merge.stream);
    stream_merge_init(&merge, follow(&one, "-a-b"), follow(&two, "x"));
    cr_assert_str_eq(listen(&merge.stream), "xa-b.", "%s", said);
    stream_drop(&merge.stream);
}

Test(merge, waits_for_both) {
    stream_merge_init(&merge, follow(&one, "-a"), follow(&two, "-x"));
    cr_assert_eq(ask(&merge.stream), STREAM_PENDING, "neither has a value");
    cr_assert(one.kept.vtable && two.kept.vtable, "and each can wake");
}

Test(merge, error_of_one_ends_both) {
    stream_merge_init(&merge, follow(&one, "ab-"), follow(&two, "x!"));
    cr_assert_str_eq(listen(&merge.stream), "axb!", "%s", said);
    cr_assert(one.drops == 1 && two.drops == 1, "nothing is kept");
}

Test(merge, dropped_half_way) {
    stream_merge_init(&merge, follow(&one, "ab"), follow(&two, "x"));
    ask(&merge.stream);
    stream_drop(&merge.stream);
    cr_assert(one.drops == 1 && two.drops == 1, "with both children");
}

Test(zip, pairs_values) {
    stream_zip_init(&zip, follow(&one, "ay-c"), follow(&two, "--xb-d"), greater, remember, NULL);
    cr_assert_str_eq(listen(&zip.stream), "--xy-d.", "%s", said);
    cr_assert(one.drops == 1 && two.drops == 1 && n_lonely == 0, "both are dropped");
}

Test(zip, does_not_ask_a_side_that_waits) {
    stream_zip_init(&zip, follow(&one, "abc"), follow(&two, "---x"), greater, remember, NULL);
    for (int polls = 0; polls < 3; polls++)
        cr_assert_eq(ask(&zip.stream), STREAM_PENDING, "one half");
    cr_assert(one.polls == 1 && two.polls == 3, "the value waits, its side rests");
    cr_assert_eq(ask(&zip.stream), STREAM_ITEM, "the other half");
}

Test(zip, end_leaves_nobody_behind) {
    stream_zip_init(&zip, follow(&one, "ab"), follow(&two, "x"), greater, remember, NULL);
    cr_assert_str_eq(listen(&zip.stream), "x.", "%s", said);
    cr_assert(n_lonely == 1 && lonely[0] == 'b', "the value without a partner is handed over");
    cr_assert(one.drops == 1 && two.drops == 1, "both are dropped");
    stream_drop(&zip.stream);
    cr_assert(n_lonely == 1 && one.drops == 1, "once");
    stream_zip_init(&zip, follow(&one, ""), follow(&two, "x"), greater, remember, NULL);
    cr_assert_str_eq(listen(&zip.stream), ".", "%s", said);
    cr_assert_eq(two.polls, 0, "nothing is asked of the second when the first has ended");
    stream_zip_init(&zip, follow(&one, "a-"), follow(&two, "xy"), greater, remember, NULL);
    cr_assert_str_eq(listen(&zip.stream), "x-.", "%s", said);
    cr_assert(n_lonely == 2 && lonely[1] == 'y', "the second's value, too");
}

Test(zip, error_ends_it) {
    stream_zip_init(&zip, follow(&one, "ab"), follow(&two, "x!"), greater, NULL, NULL);
    cr_assert_str_eq(listen(&zip.stream), "x!", "%s", said);
    cr_assert(one.drops == 1 && two.drops == 1, "both are dropped");
}

Test(zip, dropped_half_way) {
    stream_zip_init(&zip, follow(&one, "a"), follow(&two, "-"), greater, remember, NULL);
    ask(&zip.stream);
    stream_drop(&zip.stream);
    cr_assert(n_lonely == 1 && lonely[0] == 'a', "the value that waits is handed over");
    cr_assert(one.drops == 1 && two.drops == 1, "both are dropped");
}

Test(take_until, ends_at_the_signal) {
    stream_take_until_init(&take_until, follow(&one, "ab-c"), off(&signals[0], (struct output){0}));
    cr_assert_eq(ask(&take_until.stream), STREAM_ITEM, "before the signal values pass");
    signals[0].on = true;
    cr_assert_eq(ask(&take_until.stream), STREAM_END, "and none after it, though there is one");
    cr_assert(output.error == 0 && one.polls == 1, "the signal is asked first");
    cr_assert(one.drops == 1 && signals[0].drops == 1, "both are dropped");
    stream_drop(&take_until.stream);
    cr_assert(one.drops == 1 && signals[0].drops == 1, "once");
}

Test(take_until, ends_with_the_signals_error) {
    stream_take_until_init(&take_until, follow(&one, "-a"),
                           off(&signals[0], (struct output){.error = ETIMEDOUT}));
    cr_assert_eq(ask(&take_until.stream), STREAM_PENDING, "nothing yet");
    signals[0].on = true;
    cr_assert_eq(ask(&take_until.stream), STREAM_END, "time is up");
    cr_assert_eq(output.error, ETIMEDOUT, "and that is why");
}

Test(take_until, ends_with_its_child) {
    stream_take_until_init(&take_until, follow(&one, "a-!"), off(&signals[0], (struct output){0}));
    cr_assert_str_eq(listen(&take_until.stream), "a-!", "%s", said);
    cr_assert(one.drops == 1 && signals[0].drops == 1, "the signal goes, too");
}

Test(take_until, dropped_half_way) {
    stream_take_until_init(&take_until, follow(&one, "ab"), off(&signals[0], (struct output){0}));
    ask(&take_until.stream);
    stream_drop(&take_until.stream);
    cr_assert(one.drops == 1 && signals[0].drops == 1, "with both");
}

/* --- STEP 3: several at once -------------------------------------------------------------------- */

static struct stream_buffered buffered;
static struct buffered_slot places[3];
static int started;

static struct future *start(void *env, uintptr_t value) {
    (void)env;
    struct output ready = {.value = value};
    if (value == 'x') ready = (struct output){.error = EIO};
    return off(&signals[started++], ready);
}
static void start_buffered(const char *text, size_t width) {
    stream_buffered_init(&buffered, follow(&one, text), start, NULL, places, width);
}

Test(buffered, starts_no_more_than_its_width) {
    start_buffered("abcde", 3);
    cr_assert_eq(started, 0, "nothing happens before the first poll");
    cr_assert_eq(ask(&buffered.stream), STREAM_PENDING, "they are under way");
    cr_assert(started == 3 && one.polls == 3, "three at once, and no value more is asked for");
    for (int n = 0; n < 3; n++) cr_assert_eq(signals[n].polls, 1, "each is polled at once");
    signals[0].on = true;
    cr_assert_eq(ask(&buffered.stream), STREAM_ITEM, "the first is ready");
    cr_assert_eq(started, 3, "there is a place when the value is gone");
    cr_assert_eq(ask(&buffered.stream), STREAM_PENDING, "the next");
    cr_assert_eq(started, 4, "takes it");
}

Test(buffered, keeps_the_order) {
    start_buffered("abcd", 3);
    ask(&buffered.stream);
    signals[1].on = signals[2].on = true;
    cr_assert_eq(ask(&buffered.stream), STREAM_PENDING, "the first is not ready");
    cr_assert(signals[1].drops == 1 && signals[2].drops == 1, "who is ready is dropped at once");
    cr_assert_eq(ask(&buffered.stream), STREAM_PENDING, "and not polled again");
    signals[0].on = true;
    for (uintptr_t value = 'a'; value < 'd'; value++) {
        cr_assert_eq(ask(&buffered.stream), STREAM_ITEM, "now they come");
        cr_assert_eq(output.value, value, "in the order of the stream");
    }
    signals[3].on = true;
    cr_assert_str_eq(listen(&buffered.stream), "d.", "%s", said);
    for (int n = 0; n < 4; n++) cr_assert_eq(signals[n].drops, 1, "each is dropped once");
    cr_assert_eq(one.drops, 1, "and the child");
}

Test(buffered, without_width_panics) {
    lab_expect_panic("stream_buffered_init");
    start_buffered("a", 0);
}

Test(buffered, goes_on_when_its_child_waits) {
    start_buffered("a--b", 3);
    cr_assert_eq(ask(&buffered.stream), STREAM_PENDING, "started, and not ready");
    signals[0].on = true;
    cr_assert_eq(ask(&buffered.stream), STREAM_ITEM, "what is there comes out");
    cr_assert_eq(output.value, 'a', "though the child had nothing");
}

Test(buffered, error_comes_when_it_is_its_turn) {
    start_buffered("axb", 3);
    ask(&buffered.stream);
    signals[1].on = true;
    cr_assert_eq(ask(&buffered.stream), STREAM_PENDING, "the first comes first");
    signals[0].on = true;
    cr_assert_eq(ask(&buffered.stream), STREAM_ITEM, "the value before the error");
    cr_assert_eq(ask(&buffered.stream), STREAM_END, "then the error");
    cr_assert_eq(output.error, EIO, "which is the end");
    cr_assert(one.drops == 1 && signals[2].drops == 1, "the rest is dropped");
    stream_drop(&buffered.stream);
    cr_assert(one.drops == 1 && signals[2].drops == 1, "once");
}

Test(buffered, child_ends_behind_its_values) {
    start_buffered("ab!", 3);
    cr_assert_eq(ask(&buffered.stream), STREAM_PENDING, "two are under way");
    cr_assert_eq(one.drops, 1, "the child has ended");
    signals[0].on = signals[1].on = true;
    cr_assert_str_eq(listen(&buffered.stream), "ab!", "%s", said);
}

Test(buffered, dropped_half_way) {
    start_buffered("abcd", 3);
    ask(&buffered.stream);
    signals[1].on = true;
    ask(&buffered.stream);
    stream_drop(&buffered.stream);
    for (int n = 0; n < 3; n++) cr_assert_eq(signals[n].drops, 1, "each is dropped once");
    cr_assert_eq(one.drops, 1, "and the child");
}

/* --- STEP 4: the channel ------------------------------------------------------------------------ */

static uintptr_t slots[4];
static struct channel channel;
static struct channel_receiver receiver;
static struct channel_reserve senders[4];
static char given_up[10];
static size_t n_given_up;

static void give_up(uintptr_t value) { given_up[n_given_up++] = (char)value; }
static void open_channel(size_t capacity, unsigned count) {
    channel_init(&channel, slots, capacity, count, give_up);
    channel_receive(&channel, &receiver);
}
/* Poll sender n's reserve, as task n. */
static enum poll wants(int n) {
    if (senders[n].future.stage == FUTURE_FRESH) channel_reserve_init(&senders[n], &channel);
    return poll_as(n, &senders[n].future);
}
static bool gets(int n) { return wants(n) == POLL_READY && output.error == 0; }
/* One whole send. */
static void send(uintptr_t value) {
    static struct channel_reserve reserve;
    channel_reserve_init(&reserve, &channel);
    cr_assert(poll_as(5, &reserve.future) == POLL_READY && output.error == 0, "there is room");
    future_drop(&reserve.future);
    cr_assert(channel_put(&channel, value), "a credit is good for a value");
}

Test(channel, without_slots_panics) {
    lab_expect_panic("channel_init");
    channel_init(&channel, slots, 0, 1, NULL);
}

Test(channel, without_senders_panics) {
    lab_expect_panic("channel_init");
    channel_init(&channel, slots, 1, 0, NULL);
}

Test(channel, hands_values_over_in_order) {
    open_channel(3, 1);
    for (int round = 0; round < 5; round++) {
        for (uintptr_t value = 'a'; value < 'd'; value++) send(value);
        for (uintptr_t value = 'a'; value < 'd'; value++) {
            cr_assert_eq(ask(&receiver.stream), STREAM_ITEM, "a value");
            cr_assert_eq(output.value, value, "in the order of the puts, round %d", round);
        }
    }
    cr_assert_eq(ask(&receiver.stream), STREAM_PENDING, "and no more");
}

Test(channel, gives_as_many_credits_as_slots) {
    open_channel(2, 1);
    cr_assert(gets(0) && gets(1), "two credits, without a value");
    cr_assert_eq(wants(2), POLL_PENDING, "not three");
    channel_put(&channel, 'a');
    cr_assert_eq(wants(2), POLL_PENDING, "a value in a slot keeps its credit");
    cr_assert_eq(ask(&receiver.stream), STREAM_ITEM, "until it is taken");
    cr_assert_eq(wakes[2], 1, "that wakes who waits");
    cr_assert(gets(2), "and there is room");
}

Test(channel, put_without_a_credit_panics) {
    open_channel(2, 1);
    send('a');
    lab_expect_panic("channel_put");
    channel_put(&channel, 'b');
}

Test(channel, return_without_a_credit_panics) {
    open_channel(2, 1);
    send('a');
    lab_expect_panic("channel_return");
    channel_return(&channel);
}

Test(channel, value_wakes_the_receiver) {
    open_channel(2, 1);
    cr_assert(gets(1) && gets(2), "two credits");
    cr_assert_eq(ask(&receiver.stream), STREAM_PENDING, "nothing yet");
    channel_put(&channel, 'a');
    cr_assert_eq(wakes[0], 1, "a value wakes the receiver");
    channel_put(&channel, 'b');
    cr_assert_eq(wakes[0], 1, "who is awake is not woken");
    stream_poll_next(&receiver.stream, &contexts[1], &output);
    stream_poll_next(&receiver.stream, &contexts[2], &output);
    stream_poll_next(&receiver.stream, &contexts[1], &output);
    stream_poll_next(&receiver.stream, &contexts[3], &output);
    send('c');
    cr_assert(wakes[1] == 0 && wakes[3] == 1, "the waker of the latest poll is woken");
}

Test(channel, serves_senders_in_their_order) {
    open_channel(1, 1);
    send('a');
    for (int n = 1; n < 4; n++) cr_assert_eq(wants(n), POLL_PENDING, "full");
    cr_assert_eq(wants(1), POLL_PENDING, "a second poll keeps the place");
    ask(&receiver.stream);
    cr_assert(wakes[1] == 1 && wakes[2] + wakes[3] == 0, "one credit, one waiter");
    static struct channel_reserve newcomer;
    channel_reserve_init(&newcomer, &channel);
    cr_assert_eq(poll_as(4, &newcomer.future), POLL_PENDING, "nobody overtakes");
    cr_assert_eq(wants(2), POLL_PENDING, "nor among those who wait");
    cr_assert(gets(1), "the credit waits for the first");
    channel_return(&channel);
    cr_assert(wakes[2] == 1 && gets(2), "returned, it goes to the second");
}

Test(channel, wakes_the_latest_waker_of_a_sender) {
    open_channel(1, 1);
    send('a');
    wants(0);
    poll_as(3, &senders[0].future);
    ask(&receiver.stream);
    cr_assert(wakes[0] == 0 && wakes[3] == 1, "of the latest poll");
    cr_assert_eq(references[0], 0, "the earlier waker is given up");
}

Test(channel, dropped_sender_leaves_the_queue) {
    open_channel(1, 1);
    send('a');
    for (int n = 1; n < 4; n++) wants(n);
    future_drop(&senders[2].future);
    memset((void *)&senders[2], 0xee, sizeof senders[2]);
    future_drop(&senders[1].future);
    memset((void *)&senders[1], 0xee, sizeof senders[1]);
    ask(&receiver.stream);
    cr_assert(wakes[1] + wakes[2] == 0 && wakes[3] == 1, "the credit goes to who is still there");
    cr_assert(gets(3) && references[1] + references[2] == 0, "and no waker is left");
    wants(0);
    future_drop(&senders[0].future);
    channel_return(&channel);
    cr_assert_eq(wakes[0], 0, "the last one left, too");
    send('b');
}

Test(channel, credit_of_a_dropped_sender_is_passed_on) {
    open_channel(1, 1);
    send('a');
    wants(1);
    wants(2);
    ask(&receiver.stream);
    cr_assert_eq(wakes[1], 1, "the first is granted the credit");
    future_drop(&senders[1].future);
    cr_assert(wakes[2] == 1 && gets(2), "it never asks, so the second gets it");
    future_drop(&senders[2].future);
    cr_assert_eq(wants(3), POLL_PENDING, "a drop after it was ready keeps the caller's credit");
    channel_return(&channel);
    future_drop(&senders[3].future);
    send('b');
}

Test(channel, ends_when_the_last_sender_has_finished) {
    open_channel(3, 2);
    send('a');
    cr_assert(gets(1), "a credit that will not be used");
    channel_finish(&channel, 0);
    send('b');
    ask(&receiver.stream);
    ask(&receiver.stream);
    cr_assert_eq(ask(&receiver.stream), STREAM_PENDING, "one of two has finished");
    channel_finish(&channel, 0);
    cr_assert_eq(wakes[0], 1, "the end wakes the receiver");
    cr_assert_eq(ask(&receiver.stream), STREAM_END, "both have");
    cr_assert_eq(output.error, 0, "well");
    lab_expect_panic("channel_finish");
    channel_finish(&channel, 0);
}

Test(channel, error_ends_behind_the_values) {
    open_channel(3, 3);
    send('a');
    channel_finish(&channel, EIO);
    channel_finish(&channel, EDOM);
    cr_assert(wants(1) == POLL_READY && output.error == EPIPE, "no more is accepted");
    cr_assert_eq(ask(&receiver.stream), STREAM_ITEM, "what was accepted comes first");
    cr_assert_eq(ask(&receiver.stream), STREAM_END, "then the end");
    cr_assert_eq(output.error, EIO, "with the first error");
}

Test(channel, finish_refuses_who_waits) {
    open_channel(1, 2);
    send('a');
    wants(1);
    wants(2);
    channel_finish(&channel, EIO);
    cr_assert(wakes[1] == 1 && wakes[2] == 1, "all are woken");
    cr_assert(wants(1) == POLL_READY && output.error == EPIPE, "and refused");
    cr_assert(wants(2) == POLL_READY && output.error == EPIPE, "all of them");
}

/* A waker whose drop comes back to the channel, as that of a task's last reference may. */
static struct waker nosy_clone(void *data);
static void nosy_drop(void *data) {
    (void)data;
    static struct channel_reserve again;
    channel_reserve_init(&again, &channel);
    poll_as(5, &again.future);
    future_drop(&again.future);
}
static const struct waker_vtable nosy = {nosy_clone, nosy_drop, nosy_drop, nosy_drop};
static struct waker nosy_clone(void *data) { return (struct waker){&nosy, data}; }
static struct waker nosy_waker = {&nosy, NULL};
static struct context nosy_context = {&nosy_waker};

Test(channel, runs_no_waker_under_its_lock) {
    open_channel(1, 1);
    send('a');
    channel_reserve_init(&senders[0], &channel);
    future_poll(&senders[0].future, &nosy_context, &output);
    poll_as(1, &senders[0].future); /* drops the waker before */
    future_poll(&senders[0].future, &nosy_context, &output);
    ask(&receiver.stream); /* wakes it */
    cr_assert_eq(future_poll(&senders[0].future, &nosy_context, &output), POLL_READY, "granted");
    future_drop(&senders[0].future);
    stream_poll_next(&receiver.stream, &nosy_context, &output);
    ask(&receiver.stream); /* drops the waker before */
    stream_poll_next(&receiver.stream, &nosy_context, &output);
    channel_put(&channel, 'b'); /* wakes it */
    channel_finish(&channel, 0);
    cr_assert_eq(ask(&receiver.stream), STREAM_ITEM, "and all goes on");
}

/* --- STEP 5: the end, from either side ----------------------------------------------------------- */

static struct channel_closed closed;

Test(close, delivers_what_was_accepted) {
    open_channel(3, 1);
    send('a');
    send('b');
    cr_assert(gets(1), "a credit");
    channel_receiver_close(&receiver);
    cr_assert_not(channel_put(&channel, 'c'), "a value is refused, even with a credit");
    cr_assert_str_eq(listen(&receiver.stream), "ab.", "%s", said);
    stream_drop(&receiver.stream);
    cr_assert_eq(n_given_up, 0, "nothing was lost");
}

Test(close, wakes_all_who_wait) {
    open_channel(1, 1);
    send('a');
    wants(1);
    wants(2);
    channel_closed_init(&closed, &channel);
    cr_assert_eq(poll_as(3, &closed.future), POLL_PENDING, "open");
    channel_receiver_close(&receiver);
    for (int n = 1; n < 4; n++) cr_assert_eq(wakes[n], 1, "each is woken");
    cr_assert(wants(1) == POLL_READY && output.error == EPIPE, "refused");
    cr_assert(wants(2) == POLL_READY && output.error == EPIPE, "refused");
    cr_assert(poll_as(3, &closed.future) == POLL_READY && output.error == 0, "told");
    future_drop(&senders[1].future);
    future_drop(&senders[2].future);
    future_drop(&closed.future);
    cr_assert(no_waker_is_left(), "no waker is left");
}

Test(close, refuses_who_comes_later) {
    open_channel(1, 1);
    channel_receiver_close(&receiver);
    channel_receiver_close(&receiver);
    cr_assert(wants(1) == POLL_READY && output.error == EPIPE, "a free credit is no use");
    channel_closed_init(&closed, &channel);
    cr_assert_eq(poll_as(2, &closed.future), POLL_READY, "who asks later is told at once");
}

Test(close, granted_credit_is_refused_at_the_put) {
    open_channel(1, 1);
    send('a');
    wants(1);
    ask(&receiver.stream);
    channel_receiver_close(&receiver);
    if (gets(1)) /* it was granted before; or not, if credits are collected */
        cr_assert_not(channel_put(&channel, 'b'), "then it is worth nothing");
    channel_finish(&channel, 0);
    cr_assert_eq(ask(&receiver.stream), STREAM_END, "the end");
}

Test(close, watcher_may_leave) {
    open_channel(1, 1);
    channel_closed_init(&closed, &channel);
    poll_as(1, &closed.future);
    poll_as(2, &closed.future);
    future_drop(&closed.future);
    memset((void *)&closed, 0xee, sizeof closed);
    channel_receiver_close(&receiver);
    cr_assert(wakes[1] + wakes[2] == 0 && no_waker_is_left(), "it is not there any more");
}

Test(close, dropped_receiver_discards) {
    open_channel(3, 1);
    ask(&receiver.stream);
    send('a');
    ask(&receiver.stream);
    send('b');
    send('c');
    cr_assert_eq(wakes[0], 1, "the receiver was woken by 'a' only");
    stream_drop(&receiver.stream);
    cr_assert(n_given_up == 2 && given_up[0] == 'b' && given_up[1] == 'c', "each value, once");
    cr_assert(wants(1) == POLL_READY && output.error == EPIPE, "and the channel is closed");
    cr_assert(no_waker_is_left(), "no waker is left");
}

Test(close, dropped_receiver_gives_its_waker_up) {
    open_channel(1, 1);
    ask(&receiver.stream);
    stream_drop(&receiver.stream);
    cr_assert(no_waker_is_left(), "it waits no more");
}

Test(close, finish_tells_who_watches) {
    open_channel(1, 1);
    channel_closed_init(&closed, &channel);
    poll_as(2, &closed.future);
    channel_finish(&channel, 0);
    cr_assert_eq(wakes[2], 1, "the end of the last sender is a close");
}

/* --- STEP 6: back to the source ------------------------------------------------------------------ */

static struct forward forward;

static void start_forward(const char *text, size_t capacity) {
    open_channel(capacity, 1);
    forward_init(&forward, follow(&one, text), &channel);
}

Test(forward, asks_the_source_when_there_is_room) {
    start_forward("abcd", 2);
    cr_assert_eq(one.polls, 0, "nothing happens before the first poll");
    cr_assert_eq(poll_as(1, &forward.future), POLL_PENDING, "full");
    cr_assert_eq(one.polls, 2, "two slots, two values, and no third");
    poll_as(1, &forward.future);
    cr_assert_eq(one.polls, 2, "whoever polls");
    ask(&receiver.stream);
    cr_assert_eq(wakes[1], 1, "room wakes it");
    poll_as(1, &forward.future);
    cr_assert_eq(one.polls, 3, "for one value");
}

Test(forward, sends_all_and_finishes) {
    start_forward("ab-c", 4);
    cr_assert_eq(poll_as(1, &forward.future), POLL_PENDING, "the source waits");
    cr_assert_eq(poll_as(1, &forward.future), POLL_READY, "and has ended");
    cr_assert(output.error == 0 && output.value == 3, "so many were accepted");
    cr_assert_eq(one.drops, 1, "the source is dropped");
    cr_assert_str_eq(listen(&receiver.stream), "abc.", "%s", said);
    future_drop(&forward.future);
    cr_assert(one.drops == 1 && no_waker_is_left(), "once");
}

Test(forward, hands_the_error_on) {
    start_forward("a!", 4);
    cr_assert_eq(poll_as(1, &forward.future), POLL_READY, "the source has ended");
    cr_assert(output.error == EIO && output.value == 1, "with an error");
    cr_assert_str_eq(listen(&receiver.stream), "a!", "which the receiver gets: %s", said);
}

Test(forward, hears_the_close_while_it_waits_for_room) {
    start_forward("ab", 1);
    poll_as(1, &forward.future);
    channel_receiver_close(&receiver);
    cr_assert_eq(wakes[1], 1, "woken");
    cr_assert_eq(poll_as(1, &forward.future), POLL_READY, "nobody listens");
    cr_assert(output.error == EPIPE && output.value == 1, "one was accepted");
    cr_assert_eq(one.drops, 1, "the source is dropped");
    cr_assert_str_eq(listen(&receiver.stream), "a.", "%s", said);
}

Test(forward, hears_the_close_while_its_source_waits) {
    start_forward("-a", 1);
    poll_as(1, &forward.future);
    stream_drop(&receiver.stream);
    cr_assert_eq(wakes[1], 1, "woken, though the source says nothing");
    one.at = "-";
    cr_assert_eq(poll_as(1, &forward.future), POLL_READY, "nobody listens");
    cr_assert(output.error == EPIPE && one.drops == 1, "the source is dropped");
    future_drop(&forward.future);
    cr_assert(no_waker_is_left(), "no waker is left");
}

static enum poll_next closes_poll(struct stream *self, struct context *context,
                                  struct output *out) {
    channel_receiver_close(&receiver); /* while the source makes its value */
    return script_poll(self, context, out);
}
static const struct stream_vtable closes_vtable = {closes_poll, script_drop};
Test(forward, discards_what_is_refused) {
    open_channel(1, 1);
    follow(&one, "a");
    stream_init(&one.stream, &closes_vtable);
    forward_init(&forward, &one.stream, &channel);
    cr_assert_eq(poll_as(1, &forward.future), POLL_READY, "refused");
    cr_assert(output.error == EPIPE && output.value == 0, "nothing was accepted");
    cr_assert(n_given_up == 1 && given_up[0] == 'a', "the value is given up");
}

Test(forward, dropped_returns_its_credit) {
    open_channel(1, 2);
    forward_init(&forward, follow(&one, "-a"), &channel);
    poll_as(1, &forward.future);
    cr_assert_eq(wants(2), POLL_PENDING, "it holds the credit");
    future_drop(&forward.future);
    cr_assert(one.drops == 1 && wakes[2] == 1, "the source is dropped, the credit returned");
    ask(&receiver.stream);
    cr_assert_eq(output.error, ECANCELED, "and the receiver is told");
}

Test(forward, dropped_in_the_queue) {
    start_forward("ab", 1);
    poll_as(1, &forward.future);
    future_drop(&forward.future);
    memset((void *)&forward, 0xee, sizeof forward);
    cr_assert_eq(one.drops, 1, "the source is dropped");
    cr_assert_str_eq(listen(&receiver.stream), "a!", "what was accepted, then why: %s", said);
    cr_assert(no_waker_is_left(), "no waker is left");
}

Test(forward, dropped_before_its_first_poll) {
    start_forward("ab", 1);
    future_drop(&forward.future);
    cr_assert(one.drops == 1 && one.polls == 0, "the source is dropped unasked");
    cr_assert_str_eq(listen(&receiver.stream), "!", "the receiver is told: %s", said);
}

/* A receiver that takes each value at once: the channel is never full. */
static enum poll_next eager_poll(struct stream *self, struct context *context, struct output *out) {
    ask(&receiver.stream);
    return script_poll(self, context, out);
}
static const struct stream_vtable eager_vtable = {eager_poll, script_drop};
Test(forward, lets_others_by) {
    static char text[301];
    memset(text, 'a', 300);
    open_channel(4, 1);
    follow(&one, text);
    stream_init(&one.stream, &eager_vtable);
    forward_init(&forward, &one.stream, &channel);
    cr_assert_eq(poll_as(1, &forward.future), POLL_PENDING, "room and values enough");
    cr_assert(wakes[1] == 1 && one.polls == STREAM_BUDGET, "a budget of them, then the others");
}

/* --- all of it ----------------------------------------------------------------------------------- */

/* source -> forward -> channel -> map -> for_each, polled in turns. */
Test(pipeline, source_goes_at_the_sinks_pace) {
    static char text[201];
    for (int n = 0; n < 200; n++) text[n] = (char)('a' + n % 26);
    start_forward(text, 3);
    stream_map_init(&map, &receiver.stream, to_upper, NULL);
    int received = 0;
    for (;; received++) {
        if (forward.future.stage != FUTURE_READY) poll_as(1, &forward.future);
        cr_assert_leq(one.at - text, received + 3, "never more than the channel holds");
        enum poll_next poll = ask(&map.stream);
        if (poll == STREAM_END) break;
        cr_assert_eq(poll, STREAM_ITEM, "a value for each turn");
    }
    cr_assert_eq(received, 23, "the map ends at its error, %d", received);
    cr_assert_eq(poll_as(1, &forward.future), POLL_READY, "and the forward hears of it");
    cr_assert(output.error == EPIPE && one.drops == 1, "so the source is dropped");
}
