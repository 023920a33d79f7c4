/* counts_only_values.c - an attempt at STEP 4: there is room when a slot is empty.
 *
 * A reserve looks whether fewer values than slots are in the channel. It forgets those who have been
 * promised a slot, and have not put their value yet.
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

/* A credit is free (I1): returns whom to wake. The lock is held. */
static struct waker credit_freed(struct channel *channel) {
    if (!channel->closed && channel->waiting.first)
        return list_pop(&channel->waiting, CHANNEL_GRANTED);
    return NOBODY;
}

bool channel_put(struct channel *channel, uintptr_t value) {
    struct waker receiver = NOBODY;
    mutex_lock(&channel->lock); /* [C3] */
    bool accepted = !channel->closed;
    if (accepted) {
        size_t last = channel->first + channel->count++;
        channel->slots[last < channel->capacity ? last : last - channel->capacity] = value;
        receiver = channel->receiver;
        channel->receiver = NOBODY;
    }
    mutex_unlock(&channel->lock); /* [C1] */
    waker_wake(&receiver);
    return accepted;
}

void channel_return(struct channel *channel) {
    mutex_lock(&channel->lock);
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
    if (waiter->place == CHANNEL_NOWHERE && channel->closed) waiter->place = CHANNEL_REFUSED;
    if (waiter->place == CHANNEL_NOWHERE && channel->count < channel->capacity) {
        waiter->place = CHANNEL_GRANTED;
    }
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
    *output = (struct output){.error = granted ? 0 : EPIPE};
    return POLL_READY;
}

static void reserve_drop(struct future *self) {
    struct channel_reserve *reserve = (struct channel_reserve *)self;
    struct channel *channel = reserve->channel;
    struct waker next = NOBODY;
    if (!reserve->waiter.queued) return; /* what it got is the caller's */
    mutex_lock(&channel->lock);
    if (reserve->waiter.place == CHANNEL_WAITS) list_remove(&channel->waiting, &reserve->waiter);
    if (reserve->waiter.place == CHANNEL_GRANTED) next = credit_freed(channel);
    mutex_unlock(&channel->lock);
    waker_drop(&reserve->waiter.waker);
    waker_wake(&next);
}

void channel_reserve_init(struct channel_reserve *reserve, struct channel *channel) {
    static const struct future_vtable vtable = {reserve_poll, reserve_drop};
    *reserve = (struct channel_reserve){.channel = channel};
    future_init(&reserve->future, &vtable);
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

static void receiver_drop(struct stream *self) { (void)self; }

void channel_receive(struct channel *channel, struct channel_receiver *receiver) {
    static const struct stream_vtable vtable = {receiver_poll, receiver_drop};
    receiver->channel = channel;
    stream_init(&receiver->stream, &vtable);
}

/* STEP 5 and STEP 6 are not written: this is about STEP 4. */
static enum poll unwritten_poll(struct future *self, struct context *context,
                                struct output *output) {
    (void)self, (void)context;
    *output = (struct output){.error = ENOSYS};
    return POLL_READY;
}
static void unwritten_drop(struct future *self) { (void)self; }
static const struct future_vtable unwritten = {unwritten_poll, unwritten_drop};

void channel_receiver_close(struct channel_receiver *receiver) { (void)receiver; }

void channel_closed_init(struct channel_closed *closed, struct channel *channel) {
    *closed = (struct channel_closed){.channel = channel};
    future_init(&closed->future, &unwritten);
}

void forward_init(struct forward *forward, struct stream *source, struct channel *channel) {
    *forward = (struct forward){.channel = channel, .source = source};
    future_init(&forward->future, &unwritten);
}
