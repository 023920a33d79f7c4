/* channel.c - another answer: a credit is never handed to anybody. It is counted as free, and the first
 * so many of the queue may come and take one each; who stands behind them may not. A grant that is not
 * collected cannot be lost, for there is none: who leaves has only to call the next. Finding one's place
 * takes as long as the queue is. The invariants are the reference's.
 */
#include "channel.h"

#include <errno.h>

#include "panic.h"

static const struct waker NOBODY = {0};

/* --- lists of waiters; the lock is held */

static void list_append(struct channel_list *list, struct channel_waiter *waiter) {
    waiter->place = CHANNEL_WAITS;
    waiter->next = NULL;
    waiter->prev = list->last;
    *(list->last ? &list->last->next : &list->first) = waiter;
    list->last = waiter;
}

static void list_remove(struct channel_list *list, struct channel_waiter *waiter) {
    *(waiter->prev ? &waiter->prev->next : &list->first) = waiter->next;
    *(waiter->next ? &waiter->next->prev : &list->last) = waiter->prev;
}

/* Take the first out, say what became of it, and return its waker, to be woken (I4). */
static struct waker list_pop(struct channel_list *list, enum channel_place place) {
    struct channel_waiter *waiter = list->first;
    if (!waiter) return NOBODY;
    struct waker waker = waiter->waker;
    waiter->waker = NOBODY;
    list_remove(list, waiter);
    waiter->place = place;
    return waker;
}

/* Wake the waiter at the place that the free credits reach: the first `free` of the queue may take one
 * each, and all before this one have been told. It stays where it is. */
static struct waker call_next(struct channel *channel) {
    struct channel_waiter *waiter = channel->waiting.first;
    for (size_t before = 1; waiter && before < channel->free; before++) waiter = waiter->next;
    if (!waiter) return NOBODY;
    struct waker waker = waiter->waker;
    waiter->waker = NOBODY;
    return waker;
}

/* Keep a clone of this waker in place of the one before, and return what is to be dropped. */
static struct waker replace(struct waker *kept, const struct waker *waker) {
    if (waker_will_wake(kept, waker)) return NOBODY;
    struct waker old = *kept;
    *kept = waker_clone(waker);
    return old;
}

/* --- the channel */

void channel_init(struct channel *channel, uintptr_t *slots, size_t capacity, unsigned senders,
                  void (*discard)(uintptr_t value)) {
    if (capacity == 0) panic("channel_init", "a value needs a slot");
    if (senders == 0) panic("channel_init", "somebody has to send");
    *channel = (struct channel){.lock = MUTEX_INIT,
                                .slots = slots,
                                .capacity = capacity,
                                .free = capacity,
                                .senders = senders,
                                .discard = discard};
}

/* A credit is free: returns whom to wake. The lock is held. */
static struct waker credit_freed(struct channel *channel) {
    channel->free++;
    return channel->closed ? NOBODY : call_next(channel);
}

/* A credit is used up, or given back. The lock is held. */
static void credit_used(struct channel *channel, const char *function) {
    if (channel->free + channel->count >= channel->capacity)
        panic(function, "that takes a credit, and nobody holds one");
}

bool channel_put(struct channel *channel, uintptr_t value) {
    struct waker receiver = NOBODY;
    mutex_lock(&channel->lock); /* [C3] */
    credit_used(channel, "channel_put");
    bool accepted = !channel->closed;
    if (accepted) {
        size_t last = channel->first + channel->count++;
        channel->slots[last < channel->capacity ? last : last - channel->capacity] = value;
        receiver = channel->receiver;
        channel->receiver = NOBODY;
    } else {
        channel->free++;
    }
    mutex_unlock(&channel->lock); /* [C1] */
    waker_wake(&receiver);
    return accepted;
}

void channel_return(struct channel *channel) {
    mutex_lock(&channel->lock);
    credit_used(channel, "channel_return");
    struct waker next = credit_freed(channel);
    mutex_unlock(&channel->lock);
    waker_wake(&next);
}

/* Accept no more. The lock is held, and given up here: all who wait or watch are woken, one after the
 * other, and between two of them the lock is free. */
static void close_and_unlock(struct channel *channel) {
    channel->closed = true;
    for (;;) {
        struct channel_list *list = channel->waiting.first ? &channel->waiting : &channel->watching;
        struct waker waker = list_pop(list, CHANNEL_REFUSED);
        bool more = channel->waiting.first || channel->watching.first;
        mutex_unlock(&channel->lock); /* [C3] */
        waker_wake(&waker);
        if (!more) return;
        mutex_lock(&channel->lock);
    }
}

void channel_finish(struct channel *channel, int error) {
    struct waker receiver = NOBODY;
    mutex_lock(&channel->lock);
    if (channel->senders == 0) panic("channel_finish", "each sender finishes once");
    channel->senders--;
    if (channel->closed || (channel->senders > 0 && !error)) {
        mutex_unlock(&channel->lock);
        return;
    }
    channel->error = error;
    receiver = channel->receiver;
    channel->receiver = NOBODY;
    close_and_unlock(channel); /* [C4] */
    waker_wake(&receiver);
}

/* --- waiting for a credit */

/* Get a credit, or a refusal, or a place in the queue. The lock is held. */
static bool reserve_settled(struct channel *channel, struct channel_waiter *waiter) {
    size_t before = 0;
    if (waiter->place == CHANNEL_NOWHERE && channel->closed) waiter->place = CHANNEL_REFUSED;
    if (waiter->place >= CHANNEL_GRANTED) return true;
    for (struct channel_waiter *each = channel->waiting.first; each && each != waiter;
         each = each->next)
        before++;
    if (before >= channel->free) return false;
    if (waiter->place == CHANNEL_WAITS) list_remove(&channel->waiting, waiter);
    channel->free--;
    waiter->place = CHANNEL_GRANTED;
    return true;
}
static bool closed_settled(struct channel *channel, struct channel_waiter *waiter) {
    if (waiter->place == CHANNEL_NOWHERE && channel->closed) waiter->place = CHANNEL_REFUSED;
    return waiter->place >= CHANNEL_GRANTED;
}

/* Is it settled? If not, wait in the list, with this context's waker. */
static bool await(struct channel *channel, struct channel_waiter *waiter, struct channel_list *list,
                  bool (*settled)(struct channel *, struct channel_waiter *),
                  struct context *context) {
    struct waker old = NOBODY;
    mutex_lock(&channel->lock); /* [C2], [C3] */
    bool done = settled(channel, waiter);
    if (!done) {
        if (waiter->place == CHANNEL_NOWHERE) list_append(list, waiter);
        old = replace(&waiter->waker, context->waker);
    }
    mutex_unlock(&channel->lock);
    waiter->queued = !done;
    waker_drop(&old);
    return done;
}

static enum poll reserve_poll(struct future *self, struct context *context, struct output *output) {
    struct channel_reserve *reserve = (struct channel_reserve *)self;
    struct channel *channel = reserve->channel;
    if (!await(channel, &reserve->waiter, &channel->waiting, reserve_settled, context))
        return POLL_PENDING;
    bool granted = reserve->waiter.place == CHANNEL_GRANTED;
    waker_drop(&reserve->waiter.waker);
    *output = (struct output){.error = granted ? 0 : EPIPE};
    return POLL_READY;
}

static void reserve_drop(struct future *self) {
    struct channel_reserve *reserve = (struct channel_reserve *)self;
    struct channel *channel = reserve->channel;
    struct waker next = NOBODY;
    if (!reserve->waiter.queued) return; /* what it got is the caller's */
    mutex_lock(&channel->lock);
    if (reserve->waiter.place == CHANNEL_WAITS) {
        bool called = !reserve->waiter.waker.vtable; /* it was to take a credit: now the next is */
        list_remove(&channel->waiting, &reserve->waiter);
        if (called && channel->free > 0) next = call_next(channel);
    }
    mutex_unlock(&channel->lock);
    waker_drop(&reserve->waiter.waker);
    waker_wake(&next);
}

void channel_reserve_init(struct channel_reserve *reserve, struct channel *channel) {
    static const struct future_vtable vtable = {reserve_poll, reserve_drop};
    *reserve = (struct channel_reserve){.channel = channel};
    future_init(&reserve->future, &vtable);
}

/* --- watching for the close */

static enum poll closed_poll(struct future *self, struct context *context, struct output *output) {
    struct channel_closed *closed = (struct channel_closed *)self;
    struct channel *channel = closed->channel;
    if (!await(channel, &closed->waiter, &channel->watching, closed_settled, context))
        return POLL_PENDING;
    *output = (struct output){0};
    return POLL_READY;
}

static void closed_drop(struct future *self) {
    struct channel_closed *closed = (struct channel_closed *)self;
    struct channel *channel = closed->channel;
    if (!closed->waiter.queued) return;
    mutex_lock(&channel->lock);
    if (closed->waiter.place == CHANNEL_WAITS) list_remove(&channel->watching, &closed->waiter);
    mutex_unlock(&channel->lock);
    waker_drop(&closed->waiter.waker);
}

void channel_closed_init(struct channel_closed *closed, struct channel *channel) {
    static const struct future_vtable vtable = {closed_poll, closed_drop};
    *closed = (struct channel_closed){.channel = channel};
    future_init(&closed->future, &vtable);
}

/* --- the receiver */

/* The next value, or the end. The lock is held. */
static enum poll_next take(struct channel *channel, struct output *output, struct waker *sender) {
    if (channel->count > 0) {
        *output = (struct output){.value = channel->slots[channel->first]};
        if (++channel->first == channel->capacity) channel->first = 0;
        channel->count--;
        *sender = credit_freed(channel);
        return STREAM_ITEM;
    }
    if (!channel->closed) return STREAM_PENDING;
    *output = (struct output){.error = channel->error};
    return STREAM_END;
}

static enum poll_next receiver_poll(struct stream *self, struct context *context,
                                    struct output *output) {
    struct channel *channel = ((struct channel_receiver *)self)->channel;
    struct waker sender = NOBODY, old = NOBODY;
    mutex_lock(&channel->lock); /* [C1], [C4] */
    enum poll_next poll = take(channel, output, &sender);
    if (poll == STREAM_PENDING) old = replace(&channel->receiver, context->waker);
    mutex_unlock(&channel->lock); /* [C2] */
    waker_drop(&old);
    waker_wake(&sender);
    return poll;
}

void channel_receiver_close(struct channel_receiver *receiver) {
    struct channel *channel = receiver->channel;
    mutex_lock(&channel->lock);
    close_and_unlock(channel); /* [C3] */
}

static void receiver_drop(struct stream *self) {
    struct channel_receiver *receiver = (struct channel_receiver *)self;
    struct channel *channel = receiver->channel;
    channel_receiver_close(receiver);
    for (bool more = true; more;) {
        struct output left = {0};
        struct waker nobody;
        mutex_lock(&channel->lock);
        more = take(channel, &left, &nobody) == STREAM_ITEM;
        struct waker mine = channel->receiver;
        channel->receiver = NOBODY;
        mutex_unlock(&channel->lock);
        waker_drop(&mine);
        if (more && channel->discard) channel->discard(left.value);
    }
}

void channel_receive(struct channel *channel, struct channel_receiver *receiver) {
    static const struct stream_vtable vtable = {receiver_poll, receiver_drop};
    receiver->channel = channel;
    stream_init(&receiver->stream, &vtable);
}

/* --- from a stream into the channel */

static void forward_end(struct forward *forward, int error) {
    struct stream *source = forward->source;
    forward->source = NULL;
    if (!source) return; /* it has ended before */
    stream_drop(source);
    future_drop(&forward->closed.future);
    if (forward->asks) future_drop(&forward->reserve.future);
    if (forward->holds) channel_return(forward->channel);
    forward->asks = forward->holds = false;
    channel_finish(forward->channel, error);
}

static enum poll forward_ready(struct forward *forward, struct output *output, int error,
                               int finish) {
    forward_end(forward, finish);
    *output = (struct output){.error = error, .value = forward->count};
    return POLL_READY;
}

/* Pending, or ready if it is in this moment that we hear of the close. */
static enum poll forward_waits(struct forward *forward, struct context *context,
                               struct output *output) {
    struct output unused;
    if (future_poll(&forward->closed.future, context, &unused) == POLL_PENDING) return POLL_PENDING;
    return forward_ready(forward, output, EPIPE, 0);
}

static enum poll forward_poll(struct future *self, struct context *context, struct output *output) {
    struct forward *forward = (struct forward *)self;
    struct channel *channel = forward->channel;
    struct output got;
    for (int left = STREAM_BUDGET; left > 0; left--) {
        if (!forward->holds) {
            if (!forward->asks) channel_reserve_init(&forward->reserve, channel);
            forward->asks = true;
            if (future_poll(&forward->reserve.future, context, &got) == POLL_PENDING)
                return POLL_PENDING; /* a close wakes us, too */
            future_drop(&forward->reserve.future);
            forward->asks = false;
            if (got.error) return forward_ready(forward, output, got.error, 0);
            forward->holds = true;
        }
        enum poll_next poll = stream_poll_next(forward->source, context, &got);
        if (poll == STREAM_PENDING) return forward_waits(forward, context, output);
        if (poll == STREAM_END) return forward_ready(forward, output, got.error, got.error);
        forward->holds = false;
        if (!channel_put(channel, got.value)) {
            if (channel->discard) channel->discard(got.value);
            return forward_ready(forward, output, EPIPE, 0);
        }
        forward->count++;
    }
    waker_wake_by_ref(context->waker);
    return POLL_PENDING;
}
static void forward_drop(struct future *self) { forward_end((struct forward *)self, ECANCELED); }

void forward_init(struct forward *forward, struct stream *source, struct channel *channel) {
    static const struct future_vtable vtable = {forward_poll, forward_drop};
    *forward = (struct forward){.channel = channel, .source = source};
    channel_closed_init(&forward->closed, channel);
    future_init(&forward->future, &vtable);
}
