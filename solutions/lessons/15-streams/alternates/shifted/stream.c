/* stream.c - another answer: the oldest future of a buffered stream always stands in the first slot, and
 * the others move up. Else the reference.
 */
#include "stream.h"

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
static void drop_future(struct future **child) {
    struct future *taken = *child;
    *child = NULL;
    if (taken) future_drop(taken);
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

/* --- one child */

static enum poll_next map_poll(struct stream *self, struct context *context,
                               struct output *output) {
    struct stream_map *map = (struct stream_map *)self;
    struct output got;
    enum poll_next poll = stream_poll_next(map->child, context, &got);
    if (poll == STREAM_PENDING) return STREAM_PENDING;
    if (poll == STREAM_ITEM) got = map->apply(map->env, got.value);
    if (poll == STREAM_ITEM && !got.error) return item(output, got.value);
    drop_child(&map->child);
    return end(output, got.error);
}
static void map_drop(struct stream *self) { drop_child(&((struct stream_map *)self)->child); }
void stream_map_init(struct stream_map *map, struct stream *child,
                     struct output (*apply)(void *env, uintptr_t value), void *env) {
    static const struct stream_vtable vtable = {map_poll, map_drop};
    *map = (struct stream_map){.child = child, .apply = apply, .env = env};
    stream_init(&map->stream, &vtable);
}

static enum poll_next filter_poll(struct stream *self, struct context *context,
                                  struct output *output) {
    struct stream_filter *filter = (struct stream_filter *)self;
    struct output got;
    for (int left = STREAM_BUDGET; left > 0; left--) {
        enum poll_next poll = stream_poll_next(filter->child, context, &got);
        if (poll == STREAM_PENDING) return STREAM_PENDING;
        if (poll == STREAM_END) {
            drop_child(&filter->child);
            return end(output, got.error);
        }
        if (filter->keep(filter->env, got.value)) return item(output, got.value);
    }
    waker_wake_by_ref(context->waker);
    return STREAM_PENDING;
}
static void filter_drop(struct stream *self) { drop_child(&((struct stream_filter *)self)->child); }
void stream_filter_init(struct stream_filter *filter, struct stream *child,
                        bool (*keep)(void *env, uintptr_t value), void *env) {
    static const struct stream_vtable vtable = {filter_poll, filter_drop};
    *filter = (struct stream_filter){.child = child, .keep = keep, .env = env};
    stream_init(&filter->stream, &vtable);
}

/* --- two children */

static enum poll_next merge_poll(struct stream *self, struct context *context,
                                 struct output *output) {
    struct stream_merge *merge = (struct stream_merge *)self;
    struct output got;
    for (unsigned turn = 0; turn < 2; turn++) {
        unsigned side = merge->first ^ turn;
        if (!merge->children[side]) continue;
        switch (stream_poll_next(merge->children[side], context, &got)) {
        case STREAM_PENDING: break;
        case STREAM_ITEM: merge->first = !side; return item(output, got.value);
        case STREAM_END:
            drop_child(&merge->children[side]);
            if (got.error) drop_child(&merge->children[!side]);
            if (!merge->children[!side]) return end(output, got.error);
        }
    }
    return STREAM_PENDING;
}
static void merge_drop(struct stream *self) {
    struct stream_merge *merge = (struct stream_merge *)self;
    drop_child(&merge->children[0]);
    drop_child(&merge->children[1]);
}
void stream_merge_init(struct stream_merge *merge, struct stream *one, struct stream *other) {
    static const struct stream_vtable vtable = {merge_poll, merge_drop};
    *merge = (struct stream_merge){.children = {one, other}};
    stream_init(&merge->stream, &vtable);
}

static void zip_drop(struct stream *self) {
    struct stream_zip *zip = (struct stream_zip *)self;
    for (int side = 0; side < 2; side++) {
        drop_child(&zip->children[side]);
        if (zip->waits[side] && zip->unpaired) zip->unpaired(zip->env, zip->values[side]);
        zip->waits[side] = false;
    }
}
static enum poll_next zip_poll(struct stream *self, struct context *context,
                               struct output *output) {
    struct stream_zip *zip = (struct stream_zip *)self;
    struct output got;
    for (int side = 0; side < 2; side++) {
        if (zip->waits[side]) continue;
        switch (stream_poll_next(zip->children[side], context, &got)) {
        case STREAM_PENDING: break;
        case STREAM_ITEM:
            zip->waits[side] = true;
            zip->values[side] = got.value;
            break;
        case STREAM_END: zip_drop(self); return end(output, got.error);
        }
    }
    if (!zip->waits[0] || !zip->waits[1]) return STREAM_PENDING;
    zip->waits[0] = zip->waits[1] = false;
    return item(output, zip->pair(zip->env, zip->values[0], zip->values[1]));
}
void stream_zip_init(struct stream_zip *zip, struct stream *one, struct stream *other,
                     uintptr_t (*pair)(void *env, uintptr_t one, uintptr_t other),
                     void (*unpaired)(void *env, uintptr_t value), void *env) {
    static const struct stream_vtable vtable = {zip_poll, zip_drop};
    *zip = (struct stream_zip){
        .children = {one, other}, .pair = pair, .unpaired = unpaired, .env = env};
    stream_init(&zip->stream, &vtable);
}

static void take_until_drop(struct stream *self) {
    struct stream_take_until *take_until = (struct stream_take_until *)self;
    drop_child(&take_until->child);
    drop_future(&take_until->signal);
}
static enum poll_next take_until_poll(struct stream *self, struct context *context,
                                      struct output *output) {
    struct stream_take_until *take_until = (struct stream_take_until *)self;
    struct output got;
    if (future_poll(take_until->signal, context, &got) == POLL_PENDING) {
        enum poll_next poll = stream_poll_next(take_until->child, context, &got);
        if (poll == STREAM_PENDING) return STREAM_PENDING;
        if (poll == STREAM_ITEM) return item(output, got.value);
    }
    take_until_drop(self);
    return end(output, got.error);
}
void stream_take_until_init(struct stream_take_until *take_until, struct stream *child,
                            struct future *signal) {
    static const struct stream_vtable vtable = {take_until_poll, take_until_drop};
    *take_until = (struct stream_take_until){.child = child, .signal = signal};
    stream_init(&take_until->stream, &vtable);
}

/* --- several futures at once */

/* Ask for values while there is a place, and start a future with each. */
static void buffered_fill(struct stream_buffered *buffered, struct context *context) {
    struct output got;
    while (buffered->child && buffered->count < buffered->width) {
        enum poll_next poll = stream_poll_next(buffered->child, context, &got);
        if (poll == STREAM_PENDING) return;
        if (poll == STREAM_END) {
            buffered->error = got.error;
            drop_child(&buffered->child);
            return;
        }
        struct future *future = buffered->start(buffered->env, got.value);
        buffered->slots[buffered->count++] = (struct buffered_slot){.future = future};
    }
}

static void buffered_drop(struct stream *self) {
    struct stream_buffered *buffered = (struct stream_buffered *)self;
    drop_child(&buffered->child);
    for (size_t place = 0; place < buffered->count; place++)
        drop_future(&buffered->slots[place].future);
    buffered->count = 0;
}
static enum poll_next buffered_poll(struct stream *self, struct context *context,
                                    struct output *output) {
    struct stream_buffered *buffered = (struct stream_buffered *)self;
    buffered_fill(buffered, context);
    for (size_t place = 0; place < buffered->count; place++) {
        struct buffered_slot *slot = &buffered->slots[place];
        if (slot->future && future_poll(slot->future, context, &slot->output) == POLL_READY)
            drop_future(&slot->future);
    }
    if (buffered->count == 0)
        return buffered->child ? STREAM_PENDING : end(output, buffered->error);
    if (buffered->slots[0].future) return STREAM_PENDING;
    struct output oldest = buffered->slots[0].output;
    if (oldest.error) {
        buffered_drop(self);
        return end(output, oldest.error);
    }
    buffered->count--;
    for (size_t place = 0; place < buffered->count; place++)
        buffered->slots[place] = buffered->slots[place + 1];
    return item(output, oldest.value);
}
void stream_buffered_init(struct stream_buffered *buffered, struct stream *child,
                          struct future *(*start)(void *env, uintptr_t value), void *env,
                          struct buffered_slot *slots, size_t width) {
    static const struct stream_vtable vtable = {buffered_poll, buffered_drop};
    if (width == 0) panic("stream_buffered_init", "nothing at once is nothing ever");
    *buffered = (struct stream_buffered){
        .child = child, .start = start, .env = env, .slots = slots, .width = width};
    stream_init(&buffered->stream, &vtable);
}
