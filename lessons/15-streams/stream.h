/* stream.h - the contract of lesson 15: values that come one after the other.
 *
 *     static struct stream_items numbers;
 *     static struct stream_filter even;
 *     static struct for_each printed;
 *
 *     stream_items_init(&numbers, array, 10);
 *     stream_filter_init(&even, &numbers.stream, is_even, NULL);
 *     for_each_init(&printed, &even.stream, print, NULL);
 *     struct output output = block_on(&printed.future);   // .value: how many; .error: why it ended
 *
 * A stream is a future that may be ready many times. Nothing moves in it until somebody asks for the
 * next value; so whoever asks less gets less, and the source works less.
 *
 * All streams and futures of this lesson are polled and dropped by one thread at a time. Between
 * threads there is the channel (channel.h).
 */
#ifndef HB_STREAM_H
#define HB_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "future.h"

/* --- STEP 1: the stream ------------------------------------------------------------------------ */

enum poll_next {
    STREAM_PENDING, /* not yet: the latest context's waker will be woken when a poll is worth while */
    STREAM_ITEM,    /* output->value is the next value; output->error is 0 */
    STREAM_END,     /* there is none any more; output->error says why: 0, or an errno value */
};

struct stream;

/* What a concrete stream writes; called by stream_poll_next and stream_drop alone. The rules are those
 * of a future (lesson 10), but that STREAM_ITEM may be followed by another poll. STREAM_ITEM promises
 * no wake: who wants more asks again.
 *
 * drop:  give up what the stream still holds. Called once, at its end or before. It cannot wait.
 */
struct stream_vtable {
    enum poll_next (*poll_next)(struct stream *self, struct context *context,
                                struct output *output);
    void (*drop)(struct stream *self);
};

enum stream_stage { STREAM_FRESH, STREAM_FLOWING, STREAM_ENDED, STREAM_DROPPED };

/* The first member of every concrete stream. It is pinned from its first poll on, as a future is. */
struct stream {
    const struct stream_vtable *vtable;
    const struct stream *pinned; /* its address since the first poll; NULL before */
    enum stream_stage stage;
};

void stream_init(struct stream *stream, const struct stream_vtable *vtable);

/* Ask for the next value. The only way to do it: it keeps the rules.
 *
 * Errors:    panics ("stream_poll_next") after STREAM_END, after a drop, or if the stream has been
 *            moved since its first poll. STREAM_ITEM's error is 0, whatever the vtable's poll wrote.
 * Progress:  that of the concrete stream: none of this lesson waits for another thread.
 * Returns:   as the vtable's poll_next; *output is untouched by STREAM_PENDING.
 */
enum poll_next stream_poll_next(struct stream *stream, struct context *context,
                                struct output *output);

/* Drop. The only way to do it, and needed once for each stream, whether it has ended or not.
 *
 * Errors:    panics ("stream_drop") if it was dropped before, or moved since its first poll.
 */
void stream_drop(struct stream *stream);

/* How many values a future or stream of this lesson takes, at most, in one poll. Then it wakes itself
 * and is pending, so that a stream that is always ready lets other tasks by. */
#define STREAM_BUDGET 64

/* A source: the values of an array, which is the caller's. Always ready. */
struct stream_items {
    struct stream stream;
    const uintptr_t *values;
    size_t count, at;
};
void stream_items_init(struct stream_items *items, const uintptr_t *values, size_t count);

/* A sink: a future that takes every value. Ready when the stream has ended, with the number of values
 * and the stream's error; or when `each` returns an errno value, with that. Owns the stream, and drops
 * it before it is ready. Keeps to STREAM_BUDGET. */
struct for_each {
    struct future future;
    struct stream *child; /* NULL: dropped */
    int (*each)(void *env, uintptr_t value);
    void *env;
    size_t count;
};
void for_each_init(struct for_each *for_each, struct stream *child,
                   int (*each)(void *env, uintptr_t value), void *env);

/* --- STEP 2: operators -------------------------------------------------------------------------
 *
 * An operator owns its children from its init on, and drops each exactly once: as soon as the child has
 * ended or is no longer wanted, or else in its own drop. It asks a child for a value only when it was
 * asked itself. When a child ends with an error, the operator drops all that it has and ends with that
 * error. Children stay where they are; the operator may be moved until it is polled.
 */

/* Each value, changed; an output with an error ends the stream. */
struct stream_map {
    struct stream stream;
    struct stream *child; /* NULL: dropped */
    struct output (*apply)(void *env, uintptr_t value);
    void *env;
};
void stream_map_init(struct stream_map *map, struct stream *child,
                     struct output (*apply)(void *env, uintptr_t value), void *env);

/* The values that `keep` wants. Keeps to STREAM_BUDGET. */
struct stream_filter {
    struct stream stream;
    struct stream *child; /* NULL: dropped */
    bool (*keep)(void *env, uintptr_t value);
    void *env;
};
void stream_filter_init(struct stream_filter *filter, struct stream *child,
                        bool (*keep)(void *env, uintptr_t value), void *env);

/* The values of both, as they come. Ends when both have. After a value of one the other is asked
 * first, so that neither starves. */
struct stream_merge {
    struct stream stream;
    struct stream *children[2]; /* NULL: dropped */
    unsigned first;             /* which to ask first */
};
void stream_merge_init(struct stream_merge *merge, struct stream *one, struct stream *other);

/* The first of one with the first of the other, the second with the second. Ends when either does:
 * then a value that waits for its partner is handed to `unpaired` (NULL: it is forgotten), also when
 * the stream is dropped. A side whose value waits is not asked; the others are asked in this order. */
struct stream_zip {
    struct stream stream;
    struct stream *children[2]; /* NULL: dropped */
    bool waits[2];
    uintptr_t values[2]; /* valid where one waits */
    uintptr_t (*pair)(void *env, uintptr_t one, uintptr_t other);
    void (*unpaired)(void *env, uintptr_t value);
    void *env;
};
void stream_zip_init(struct stream_zip *zip, struct stream *one, struct stream *other,
                     uintptr_t (*pair)(void *env, uintptr_t one, uintptr_t other),
                     void (*unpaired)(void *env, uintptr_t value), void *env);

/* The values until a future is ready; its error is the stream's. The future is asked first: from when
 * it is ready no value passes. It is owned as a child is. */
struct stream_take_until {
    struct stream stream;
    struct stream *child;  /* NULL: dropped */
    struct future *signal; /* NULL: dropped */
};
void stream_take_until_init(struct stream_take_until *take_until, struct stream *child,
                            struct future *signal);

/* --- STEP 3: several at once ------------------------------------------------------------------- */

/* One value on its way through a stream_buffered. */
struct buffered_slot {
    struct future *future; /* NULL: dropped */
    struct output output;  /* once it is */
};

/* A future made of each value, up to `width` of them at once; their values in the order of the
 * stream's. `start` is called once for each value, when there is a place; what it returns belongs to
 * the operator, and is polled at once.
 *
 * An error, of a future or of the child, ends the stream when it is its turn: the values before it come
 * first. Then all that is left is dropped. A future that is ready is dropped at once.
 */
struct stream_buffered {
    struct stream stream;
    struct stream *child; /* NULL: dropped */
    struct future *(*start)(void *env, uintptr_t value);
    void *env;
    struct buffered_slot
        *slots; /* the caller's array of `width`, the stream's until it is dropped */
    size_t width, first, count; /* a ring */
    int error;                  /* the child's, once it is dropped */
};

/* Errors:    no width: panics ("stream_buffered_init"). */
void stream_buffered_init(struct stream_buffered *buffered, struct stream *child,
                          struct future *(*start)(void *env, uintptr_t value), void *env,
                          struct buffered_slot *slots, size_t width);

#endif
