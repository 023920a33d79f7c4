/* channel.h - the contract of lesson 15, second part: from many tasks to one, with bounded memory.
 *
 *     static uintptr_t slots[64];
 *     static struct channel channel;
 *     static struct channel_receiver receiver;            // a stream
 *     static struct forward forward;                      // a future, for a task of its own
 *
 *     channel_init(&channel, slots, 64, 1, NULL);
 *     channel_receive(&channel, &receiver);
 *     forward_init(&forward, &source.stream, &channel);   // asks the source when there is room
 *
 * A credit is the right to put one value into the channel. There are as many as slots, and each is, at
 * any moment, in one of three places: free; held by a sender; or in a slot with its value.
 *
 *     free + held + values = capacity                     (the invariant of this lesson)
 *
 * So memory is bounded whatever the schedule. Nobody produces a value who does not hold a credit, and
 * so the receiver's pace reaches the source: this is backpressure.
 *
 * Who may do what, on one object:
 *
 *                      one thread at a time         any thread, beside it
 *   channel            -                            channel_put, channel_return, channel_finish
 *   channel_reserve,   poll, drop                   -
 *   channel_closed
 *   channel_receiver   poll, drop, close            -
 *
 * Happens-before edges, named at both their ends in every implementation:
 *   [C1]  everything before a channel_put happens-before the poll that returns its value.
 *   [C2]  the poll that takes a value happens-before the credit's next use: the poll of the
 *         channel_reserve that gets it.
 *   [C3]  everything before the receiver's close or drop happens-before the refusal that it causes.
 *   [C4]  everything before a channel_finish happens-before the poll that returns STREAM_END.
 */
#ifndef HB_CHANNEL_H
#define HB_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "future.h"
#include "mutex.h"
#include "stream.h"

/* --- STEP 4: the channel ------------------------------------------------------------------------ */

/* Somebody who waits in a list of the channel; the fields are the channel's. */
struct channel_waiter {
    struct waker waker;
    struct channel_waiter *next, *prev;
    enum channel_place { CHANNEL_NOWHERE, CHANNEL_WAITS, CHANNEL_GRANTED, CHANNEL_REFUSED } place;
    bool queued; /* its owner's: the last poll was pending, so it may be in a list */
};

struct channel_list {
    struct channel_waiter *first, *last;
};

/* The channel. Its memory must stay until every sender has finished and the receiver was dropped. */
struct channel {
    struct mutex
        lock; /* guards what follows; held for a few instructions, never while a waker runs */
    uintptr_t *slots; /* a ring */
    size_t capacity, first, count;
    size_t free;                  /* credits that nobody holds; if there are any, nobody waits */
    unsigned senders;             /* that have not finished */
    bool closed;                  /* no value is accepted any more */
    int error;                    /* what the stream will end with */
    struct channel_list waiting;  /* for a credit, in the order in which they came */
    struct channel_list watching; /* for the close */
    struct waker receiver;        /* while it waits */
    void (*discard)(uintptr_t value);
};

/* Make a channel with so many slots, which are the caller's, for so many senders.
 *
 * discard:   called for each value that was accepted and is not received, when the receiver is dropped,
 *            and for a value that a forward could not send; NULL: nobody wants to know.
 * Errors:    no slots or no senders: panics ("channel_init").
 */
void channel_init(struct channel *channel, uintptr_t *slots, size_t capacity, unsigned senders,
                  void (*discard)(uintptr_t value));

/* A future: a credit. Ready with error 0: the caller holds one, and gives it up by channel_put or
 * channel_return. Ready with EPIPE: the channel is closed. Credits go to those who wait in the order in
 * which they were first polled, and nobody overtakes them.
 *
 * A drop while it waits leaves the queue. A drop when a credit was granted and no poll has told so
 * passes the credit on.
 *
 * Order:     [C2]; [C3] when refused.
 * Progress:  blocking for the length of the lock; pending while there is no credit.
 */
struct channel_reserve {
    struct future future;
    struct channel *channel;
    struct channel_waiter waiter;
};
void channel_reserve_init(struct channel_reserve *reserve, struct channel *channel);

/* Put a value where the credit is good for. The caller holds a credit, and holds it no more.
 *
 * Threads:   any.
 * Order:     [C1]; [C3] when it returns false.
 * Errors:    more values than credits: panics ("channel_put").
 * Progress:  blocking for the length of the lock. Never waits for room: that is what the credit was for.
 * Returns:   false if the channel is closed: the value is still the caller's.
 */
bool channel_put(struct channel *channel, uintptr_t value);

/* Give a credit back unused. Whoever waits longest gets it. Threads, progress: as channel_put. */
void channel_return(struct channel *channel);

/* A sender is done; once for each of them. When the last is, or when one is with an error, no value is
 * accepted any more; the stream ends behind the values that were accepted, with that error. Whoever
 * waits for a credit is refused. A later error changes nothing.
 *
 * Threads:   any.
 * Order:     [C4].
 * Errors:    more often than there are senders: panics ("channel_finish").
 */
void channel_finish(struct channel *channel, int error);

/* The stream of the values, in the order of the puts; one for each channel.
 *
 * Order:     [C1], [C2], [C4].
 * Progress:  blocking for the length of the lock; pending while there is no value.
 */
struct channel_receiver {
    struct stream stream;
    struct channel *channel;
};
void channel_receive(struct channel *channel, struct channel_receiver *receiver);

/* --- STEP 5: the end, from either side ---------------------------------------------------------- */

/* Accept no more. What was accepted is still received, then comes STREAM_END. Whoever waits for a
 * credit, or watches, is woken. A drop of the receiver closes, too, and discards what is left.
 *
 * Order:     [C3].
 */
void channel_receiver_close(struct channel_receiver *receiver);

/* A future: the channel is closed. Value 0. */
struct channel_closed {
    struct future future;
    struct channel *channel;
    struct channel_waiter waiter;
};
void channel_closed_init(struct channel_closed *closed, struct channel *channel);

/* --- STEP 6: back to the source ------------------------------------------------------------------ */

/* A future: send all values of a stream, as one of the channel's senders. First the credit, then the
 * value: the source is not asked while there is no room for what it would say.
 *
 * Ready when the source has ended, with its error; or with EPIPE when the channel is closed, which it
 * notices also while the source is pending. Value: how many were accepted. It owns the source. Before it
 * is ready, or in its drop, it drops the source, returns its credit, and finishes as a sender: with the
 * source's error; with ECANCELED if it is dropped before its end. Keeps to STREAM_BUDGET.
 */
struct forward {
    struct future future;
    struct channel *channel;
    struct stream *source; /* NULL: dropped */
    struct channel_reserve reserve;
    struct channel_closed closed;
    bool asks, holds; /* the reserve is alive; a credit is held */
    size_t count;
};
void forward_init(struct forward *forward, struct stream *source, struct channel *channel);

#endif
