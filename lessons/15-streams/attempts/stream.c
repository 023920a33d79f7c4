/* stream.c - what stands beside the attempts: STEP 1, and nothing of the operators. */
#include "stream.h"

#include <errno.h>

#include "panic.h"

void stream_init(struct stream *stream, const struct stream_vtable *vtable) {
    *stream = (struct stream){.vtable = vtable};
}

enum poll_next stream_poll_next(struct stream *stream, struct context *context,
                                struct output *output) {
    if (stream->stage >= STREAM_ENDED) panic("stream_poll_next", "nothing follows the end");
    if (stream->pinned && stream->pinned != stream)
        panic("stream_poll_next", "a stream stays where it was first polled");
    stream->pinned = stream;
    stream->stage = STREAM_FLOWING;
    enum poll_next poll = stream->vtable->poll_next(stream, context, output);
    if (poll == STREAM_ITEM) output->error = 0;
    if (poll == STREAM_END) stream->stage = STREAM_ENDED;
    return poll;
}

void stream_drop(struct stream *stream) {
    if (stream->stage == STREAM_DROPPED) panic("stream_drop", "a stream is dropped once");
    if (stream->pinned && stream->pinned != stream)
        panic("stream_drop", "a stream stays where it was first polled");
    stream->stage = STREAM_DROPPED;
    stream->vtable->drop(stream);
}

static void drop_child(struct stream **child) {
    struct stream *taken = *child;
    *child = NULL;
    if (taken) stream_drop(taken);
}
static enum poll_next end(struct output *output, int error) {
    *output = (struct output){.error = error};
    return STREAM_END;
}
static enum poll_next item(struct output *output, uintptr_t value) {
    *output = (struct output){.value = value};
    return STREAM_ITEM;
}

/* --- a source, a sink */

static enum poll_next items_poll(struct stream *self, struct context *context,
                                 struct output *output) {
    struct stream_items *items = (struct stream_items *)self;
    (void)context;
    if (items->at == items->count) return end(output, 0);
    return item(output, items->values[items->at++]);
}
static void items_drop(struct stream *self) { (void)self; }
void stream_items_init(struct stream_items *items, const uintptr_t *values, size_t count) {
    static const struct stream_vtable vtable = {items_poll, items_drop};
    *items = (struct stream_items){.values = values, .count = count};
    stream_init(&items->stream, &vtable);
}

static enum poll for_each_poll(struct future *self, struct context *context,
                               struct output *output) {
    struct for_each *loop = (struct for_each *)self;
    struct output got;
    for (int left = STREAM_BUDGET; left > 0; left--) {
        enum poll_next poll = stream_poll_next(loop->child, context, &got);
        if (poll == STREAM_PENDING) return POLL_PENDING;
        if (poll == STREAM_ITEM) {
            loop->count++;
            got.error = loop->each(loop->env, got.value);
        }
        if (poll == STREAM_END || got.error) {
            drop_child(&loop->child);
            *output = (struct output){.error = got.error, .value = loop->count};
            return POLL_READY;
        }
    }
    waker_wake_by_ref(context->waker);
    return POLL_PENDING;
}
static void for_each_drop(struct future *self) { drop_child(&((struct for_each *)self)->child); }
void for_each_init(struct for_each *for_each, struct stream *child,
                   int (*each)(void *env, uintptr_t value), void *env) {
    static const struct future_vtable vtable = {for_each_poll, for_each_drop};
    *for_each = (struct for_each){.child = child, .each = each, .env = env};
    future_init(&for_each->future, &vtable);
}

/* STEP 2 and STEP 3 are not written. */
static enum poll_next unwritten_poll(struct stream *self, struct context *context,
                                     struct output *output) {
    (void)self, (void)context;
    *output = (struct output){.error = ENOSYS};
    return STREAM_END;
}
static void unwritten_drop(struct stream *self) { (void)self; }
static const struct stream_vtable unwritten = {unwritten_poll, unwritten_drop};

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

void stream_buffered_init(struct stream_buffered *buffered, struct stream *child,
                          struct future *(*start)(void *env, uintptr_t value), void *env,
                          struct buffered_slot *slots, size_t width) {
    *buffered = (struct stream_buffered){
        .child = child, .start = start, .env = env, .slots = slots, .width = width};
    stream_init(&buffered->stream, &unwritten);
}
