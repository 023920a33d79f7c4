/* end_at_the_close.c - an attempt at STEP 5: closed and empty is the end.
 *
 * An offer was granted a credit before the close, and is on its way. It is accepted, and told so; and the
 * receiver has gone home.
 */
#include "gate.h"

#include <errno.h>

#include "panic.h"

static const struct waker NOBODY = {0};

/* --- offers that wait; the lock is held */

static void wait_in_line(struct gate *gate, struct gate_offer *offer) {
    struct gate_list *list = &offer->producer->waiting;
    offer->place = GATE_WAITS;
    offer->arrival = gate->arrivals++;
    offer->next = NULL;
    offer->prev = list->last;
    *(list->last ? &list->last->next : &list->first) = offer;
    list->last = offer;
    gate->waiting++;
}

static void leave_line(struct gate *gate, struct gate_offer *offer, enum gate_place place) {
    struct gate_list *list = &offer->producer->waiting;
    *(offer->prev ? &offer->prev->next : &list->first) = offer->next;
    *(offer->next ? &offer->next->prev : &list->last) = offer->prev;
    offer->place = place;
    gate->waiting--;
}

static struct waker take_waker(struct waker *waker) {
    struct waker taken = *waker;
    *waker = NOBODY;
    return taken;
}

/* --- credits; the lock is held */

/* The offer that gets the next credit: of the producer with the fewest; among equals the oldest. */
static struct gate_offer *neediest(struct gate *gate) {
    struct gate_offer *best = NULL;
    struct gate_producer *producer = gate->producers;
    do {
        struct gate_offer *offer = producer->waiting.first;
        if (offer &&
            (!best || producer->credits < best->producer->credits ||
             (producer->credits == best->producer->credits && offer->arrival < best->arrival)))
            best = offer;
        producer = producer->next;
    } while (producer != gate->producers);
    return best;
}

/* A credit is free: returns whom to wake. After a close nobody gets one, though some may still wait: they are
 * being refused, one after the other. */
static struct waker credit_freed(struct gate *gate) {
    if (gate->waiting == 0 || gate->closed) {
        gate->free++;
        return NOBODY;
    }
    struct gate_offer *offer = neediest(gate);
    leave_line(gate, offer, GATE_GRANTED);
    offer->producer->credits++;
    gate->granted++;
    return take_waker(&offer->waker);
}

/* Put a value behind those of its producer. Returns whom to wake. */
static struct waker enqueue(struct gate *gate, struct gate_producer *producer, uintptr_t value) {
    struct gate_slot *slot = gate->spare;
    gate->spare = slot->next;
    *slot = (struct gate_slot){.value = value};
    *(producer->oldest ? &producer->newest->next : &producer->oldest) = slot;
    producer->newest = slot;
    gate->queued++;
    gate->in_lane[producer->lane]++;
    return take_waker(&gate->receiver);
}

/* Take the oldest value of this producer out. */
static uintptr_t dequeue(struct gate *gate, struct gate_producer *producer) {
    struct gate_slot *slot = producer->oldest;
    producer->oldest = slot->next;
    slot->next = gate->spare;
    gate->spare = slot;
    gate->queued--;
    gate->in_lane[producer->lane]--;
    return slot->value;
}

/* --- the gate */

void gate_init(struct gate *gate, struct gate_slot *slots, size_t capacity,
               void (*discard)(uintptr_t value)) {
    if (capacity == 0) panic("gate_init", "a value needs a slot");
    *gate = (struct gate){
        .lock = MUTEX_INIT, .capacity = capacity, .free = capacity, .discard = discard};
    for (size_t n = 0; n < capacity; n++) {
        slots[n].next = gate->spare;
        gate->spare = &slots[n];
    }
}

void gate_join(struct gate *gate, struct gate_producer *producer, enum gate_lane lane,
               enum gate_overflow overflow) {
    *producer =
        (struct gate_producer){.gate = gate, .next = producer, .lane = lane, .overflow = overflow};
    if (gate->producers) {
        producer->next = gate->producers->next;
        gate->producers->next = producer;
    }
    gate->producers = producer; /* the last of the ring; so the first comes next */
}

static void discard(struct gate *gate, uintptr_t value) {
    if (gate->discard) gate->discard(value);
}

void gate_done(struct gate *gate) {
    mutex_lock(&gate->lock);
    if (gate->taken == 0) panic("gate_done", "nothing is taken");
    gate->taken--;
    struct waker next = credit_freed(gate);
    mutex_unlock(&gate->lock); /* [G2] */
    waker_wake(&next);
}

struct gate_tally gate_tally(struct gate *gate) {
    mutex_lock(&gate->lock);
    struct gate_tally tally = {gate->free, gate->granted, gate->queued, gate->taken, gate->waiting};
    mutex_unlock(&gate->lock);
    return tally;
}

/* --- the offer */

/* What a poll comes to, with what has to be done behind the lock. */
struct outcome {
    enum poll poll;
    struct output output;
    bool gives_up; /* this value: */
    uintptr_t value;
    struct waker receiver;
};

static void put(struct gate_offer *offer, struct outcome *outcome) {
    outcome->poll = POLL_READY;
    outcome->output.value = GATE_ACCEPTED;
    outcome->receiver = enqueue(offer->producer->gate, offer->producer, offer->value);
}
static void refuse(struct outcome *outcome, int error) {
    outcome->poll = POLL_READY;
    outcome->output.error = error;
}
static void give_up(struct outcome *outcome, uintptr_t value, enum gate_verdict verdict) {
    outcome->poll = POLL_READY;
    outcome->gives_up = true;
    outcome->value = value;
    outcome->output.value = verdict;
}

/* There is no credit: what this producer's policy says. */
static void overflow(struct gate *gate, struct gate_offer *offer, struct outcome *outcome) {
    struct gate_producer *producer = offer->producer;
    enum gate_overflow policy = producer->overflow;
    if (policy == GATE_DROP_OLDEST && !producer->oldest) policy = GATE_DROP_NEWEST;
    switch (policy) {
    case GATE_WAIT: wait_in_line(gate, offer); break;
    case GATE_FAIL: refuse(outcome, EAGAIN); break;
    case GATE_DROP_NEWEST: give_up(outcome, offer->value, GATE_DROPPED); break;
    case GATE_DROP_OLDEST: {
        uintptr_t oldest = dequeue(gate, producer);
        put(offer, outcome);
        give_up(outcome, oldest, GATE_ACCEPTED);
    }
    }
}

static void settle(struct gate *gate, struct gate_offer *offer, struct outcome *outcome) {
    switch (offer->place) {
    case GATE_WAITS: return;
    case GATE_REFUSED: refuse(outcome, EPIPE); return;
    case GATE_GRANTED:
        gate->granted--;
        if (!gate->gone) {
            put(offer, outcome);
            return;
        }
        offer->producer->credits--;
        gate->free++;
        refuse(outcome, EPIPE);
        return;
    case GATE_NOWHERE:
        if (gate->closed) {
            refuse(outcome, EPIPE);
        } else if (gate->free > 0) {
            gate->free--;
            offer->producer->credits++;
            put(offer, outcome);
        } else {
            overflow(gate, offer, outcome);
        }
    }
}

static enum poll offer_poll(struct future *self, struct context *context, struct output *output) {
    struct gate_offer *offer = (struct gate_offer *)self;
    struct gate *gate = offer->producer->gate;
    struct outcome outcome = {.poll = POLL_PENDING};
    struct waker old = NOBODY;
    mutex_lock(&gate->lock); /* [G2], [G3] */
    settle(gate, offer, &outcome);
    if (outcome.poll == POLL_PENDING && !waker_will_wake(&offer->waker, context->waker)) {
        old = offer->waker;
        offer->waker = waker_clone(context->waker);
    }
    mutex_unlock(&gate->lock); /* [G1] */
    offer->queued = outcome.poll == POLL_PENDING;
    waker_drop(&old);
    waker_wake(&outcome.receiver);
    if (outcome.gives_up) discard(gate, outcome.value);
    if (outcome.poll == POLL_READY) *output = outcome.output;
    return outcome.poll;
}

static void offer_drop(struct future *self) {
    struct gate_offer *offer = (struct gate_offer *)self;
    struct gate *gate = offer->producer->gate;
    struct waker next = NOBODY, receiver = NOBODY;
    if (!offer->queued) return;
    mutex_lock(&gate->lock);
    if (offer->place == GATE_WAITS) leave_line(gate, offer, GATE_NOWHERE);
    if (offer->place == GATE_GRANTED) {
        gate->granted--;
        offer->producer->credits--;
        next = credit_freed(gate);
    }
    mutex_unlock(&gate->lock);
    waker_drop(&offer->waker);
    waker_wake(&next);
    waker_wake(&receiver);
}

void gate_offer_init(struct gate_offer *offer, struct gate_producer *producer, uintptr_t value) {
    static const struct future_vtable vtable = {offer_poll, offer_drop};
    *offer = (struct gate_offer){.producer = producer, .value = value};
    future_init(&offer->future, &vtable);
}

/* --- the receiver */

/* The lane whose turn it is; there is a value in one of them. */
static enum gate_lane next_lane(struct gate *gate) {
    int lane = GATE_LANES - 1;
    while (lane > 0 && !(gate->in_lane[lane] > 0 && gate->passed[lane] >= GATE_PATIENCE)) lane--;
    while (gate->in_lane[lane] == 0) lane++;
    return (enum gate_lane)lane;
}

/* Take the value whose turn it is. */
static uintptr_t serve(struct gate *gate) {
    enum gate_lane lane = next_lane(gate);
    struct gate_producer *producer = gate->producers->next;
    while (producer->lane != lane || !producer->oldest) producer = producer->next;
    gate->producers = producer; /* so the others come first, next time */
    uintptr_t value = dequeue(gate, producer);
    producer->credits--;
    gate->passed[lane] = 0;
    for (int other = 0; other < GATE_LANES; other++)
        if (other != (int)lane)
            gate->passed[other] += other > (int)lane && gate->in_lane[other] > 0;
    return value;
}

static enum poll_next receiver_poll(struct stream *self, struct context *context,
                                    struct output *output) {
    struct gate *gate = ((struct gate_receiver *)self)->gate;
    enum poll_next poll = STREAM_PENDING;
    struct waker old = NOBODY;
    mutex_lock(&gate->lock); /* [G1], [G3] */
    if (gate->queued > 0) {
        *output = (struct output){.value = serve(gate)};
        gate->taken++;
        poll = STREAM_ITEM;
    } else if (gate->closed) {
        *output = (struct output){0};
        poll = STREAM_END;
    } else if (!waker_will_wake(&gate->receiver, context->waker)) {
        old = gate->receiver;
        gate->receiver = waker_clone(context->waker);
    }
    mutex_unlock(&gate->lock);
    waker_drop(&old);
    return poll;
}

/* Refuse who waits, one after the other; between two of them the lock is free. It is held, and given up. */
static void refuse_all_and_unlock(struct gate *gate) {
    for (;;) {
        struct gate_offer *offer = gate->waiting > 0 ? neediest(gate) : NULL;
        struct waker waker = NOBODY;
        if (offer) {
            leave_line(gate, offer, GATE_REFUSED);
            waker = take_waker(&offer->waker);
        }
        bool more = gate->waiting > 0;
        mutex_unlock(&gate->lock); /* [G3] */
        waker_wake(&waker);
        if (!more) return;
        mutex_lock(&gate->lock);
    }
}

void gate_close(struct gate *gate) {
    mutex_lock(&gate->lock);
    gate->closed = true;
    struct waker receiver = take_waker(&gate->receiver);
    refuse_all_and_unlock(gate); /* [G3] */
    waker_wake(&receiver);
}

static void receiver_drop(struct stream *self) {
    struct gate *gate = ((struct gate_receiver *)self)->gate;
    gate_close(gate);
    for (bool more = true; more;) {
        uintptr_t value = 0;
        mutex_lock(&gate->lock);
        gate->gone = true;
        more = gate->queued > 0;
        if (more) value = serve(gate);
        if (more) gate->free++;
        mutex_unlock(&gate->lock); /* [G3] */
        if (more) discard(gate, value);
    }
}

void gate_receive(struct gate *gate, struct gate_receiver *receiver) {
    static const struct stream_vtable vtable = {receiver_poll, receiver_drop};
    receiver->gate = gate;
    stream_init(&receiver->stream, &vtable);
}

/* The stage is not written. */
static enum poll unwritten_poll(struct future *self, struct context *context,
                                struct output *output) {
    (void)self, (void)context;
    *output = (struct output){.error = ENOSYS};
    return POLL_READY;
}
static void unwritten_drop(struct future *self) { (void)self; }
static const struct future_vtable unwritten = {unwritten_poll, unwritten_drop};

void stage_init(struct stage *stage, struct gate_receiver *from,
                struct future *(*work)(void *env, uintptr_t value), void *env,
                struct gate_producer *next) {
    *stage = (struct stage){.from = from, .next = next, .work = work, .env = env};
    future_init(&stage->future, &unwritten);
}
