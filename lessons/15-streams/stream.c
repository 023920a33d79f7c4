/* stream.c - lesson 15: values that come one after the other. You fill in this file and channel.c.
 *
 * It compiles as it stands, and every stream of it ends at once. stream.h holds the contract; README.md
 * walks the way; attempts/ holds the wrong turnings, each with the verdict that it gets. Work from
 * STEP 1 to STEP 3; STEP 4 to STEP 6 are in channel.c. `make check U=15-streams` runs them all.
 *
 * What you may use: panic.h of the workbook, and future.h of lesson 10, whose reference is linked.
 * Nothing is allocated, nothing here is atomic. Helpers of your own are static. These laws hold
 * throughout:
 *
 *   I1  Each child is dropped exactly once: when it has ended or is no longer wanted, or in our drop.
 *   I2  A child is asked only by somebody who was asked, and no more often than needed.
 */
#include "stream.h"

#include <errno.h>

#include "panic.h"

/* STEP 1 of 6: the stream.
 * Why:   a stream is a contract between two who do not know each other. It is kept in one place, or in
 *        none.
 * Goal:  stream_poll_next and stream_drop go through the vtable, and panic where the contract says so.
 *        A source, and a sink that lets others by after STREAM_BUDGET values.
 * Keep:  an item has no error; nothing follows the end; a stream stays where it was first polled.
 * Check: make check U=15-streams STEP=1
 */
void stream_init(struct stream *stream, const struct stream_vtable *vtable) {
    *stream = (struct stream){.vtable = vtable};
}

enum poll_next stream_poll_next(struct stream *stream, struct context *context,
                                struct output *output) {
    (void)stream, (void)context;
    *output = (struct output){.error = ENOSYS};
    return STREAM_END;
}

void stream_drop(struct stream *stream) { (void)stream; }

/* What the operators below do until you write them: end at once. */
static enum poll_next unwritten_poll(struct stream *self, struct context *context,
                                     struct output *output) {
    (void)self, (void)context;
    *output = (struct output){.error = ENOSYS};
    return STREAM_END;
}
static void unwritten_drop(struct stream *self) { (void)self; }
static const struct stream_vtable unwritten = {unwritten_poll, unwritten_drop};

void stream_items_init(struct stream_items *items, const uintptr_t *values, size_t count) {
    *items = (struct stream_items){.values = values, .count = count};
    stream_init(&items->stream, &unwritten);
}

static enum poll for_each_poll(struct future *self, struct context *context,
                               struct output *output) {
    (void)self, (void)context;
    *output = (struct output){.error = ENOSYS};
    return POLL_READY;
}
static void for_each_drop(struct future *self) { (void)self; }
void for_each_init(struct for_each *for_each, struct stream *child,
                   int (*each)(void *env, uintptr_t value), void *env) {
    static const struct future_vtable vtable = {for_each_poll, for_each_drop};
    *for_each = (struct for_each){.child = child, .each = each, .env = env};
    future_init(&for_each->future, &vtable);
}

/* STEP 2 of 6: operators.
 * Why:   a pipeline is built of parts that know nothing of each other. Each is a stream to whoever asks
 *        it, and asks in its turn.
 * Goal:  map, filter, merge, zip, take_until, each with a table of its own poll and drop.
 * Keep:  I1, also on the way of an error, and when both children end in the same poll. I2: no value is
 *        taken from a child that nobody will get. When you are pending, every child that you wait for
 *        has this poll's waker.
 * Check: make check U=15-streams STEP=2
 */
void stream_map_init(struct stream_map *map, struct stream *child,
                     struct output (*apply)(void *env, uintptr_t value), void *env) {
    *map = (struct stream_map){.child = child, .apply = apply, .env = env};
    stream_init(&map->stream, &unwritten);
}

void stream_filter_init(struct stream_filter *filter, struct stream *child,
                        bool (*keep)(void *env, uintptr_t value), void *env) {
    *filter = (struct stream_filter){.child = child, .keep = keep, .env = env};
    stream_init(&filter->stream, &unwritten);
}

void stream_merge_init(struct stream_merge *merge, struct stream *one, struct stream *other) {
    *merge = (struct stream_merge){.children = {one, other}};
    stream_init(&merge->stream, &unwritten);
}

void stream_zip_init(struct stream_zip *zip, struct stream *one, struct stream *other,
                     uintptr_t (*pair)(void *env, uintptr_t one, uintptr_t other),
                     void (*unpaired)(void *env, uintptr_t value), void *env) {
    *zip = (struct stream_zip){
        .children = {one, other}, .pair = pair, .unpaired = unpaired, .env = env};
    stream_init(&zip->stream, &unwritten);
}

void stream_take_until_init(struct stream_take_until *take_until, struct stream *child,
                            struct future *signal) {
    *take_until = (struct stream_take_until){.child = child, .signal = signal};
    stream_init(&take_until->stream, &unwritten);
}

/* STEP 3 of 6: several at once.
 * Why:   each value starts something that takes its time. One after the other is slow; all at once has
 *        no bound.
 * Goal:  up to `width` futures under way, their values in the order of the stream's.
 * Keep:  count <= width, always. A value is asked for only when there is a place for it. A future that
 *        has just been started is polled before you return.
 * Check: make check U=15-streams STEP=3
 */
void stream_buffered_init(struct stream_buffered *buffered, struct stream *child,
                          struct future *(*start)(void *env, uintptr_t value), void *env,
                          struct buffered_slot *slots, size_t width) {
    *buffered = (struct stream_buffered){
        .child = child, .start = start, .env = env, .slots = slots, .width = width};
    stream_init(&buffered->stream, &unwritten);
}
