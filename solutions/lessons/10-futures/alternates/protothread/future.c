/* future.c - an alternate: the async function as a protothread, a switch into the middle of its loops.
 * All else is the reference's.
 */
#include "future.h"

#include <errno.h>

#include "panic.h"

/* --- the waker */
static const struct waker EMPTY = {0};

struct waker waker_clone(const struct waker *waker) {
    return waker->vtable ? waker->vtable->clone(waker->data) : EMPTY;
}

void waker_wake(struct waker *waker) {
    struct waker taken = *waker;
    *waker = EMPTY;
    if (taken.vtable) taken.vtable->wake(taken.data);
}

void waker_wake_by_ref(const struct waker *waker) {
    if (waker->vtable) waker->vtable->wake_by_ref(waker->data);
}

void waker_drop(struct waker *waker) {
    struct waker taken = *waker;
    *waker = EMPTY;
    if (taken.vtable) taken.vtable->drop(taken.data);
}

bool waker_will_wake(const struct waker *one, const struct waker *other) {
    return one->vtable == other->vtable && one->data == other->data;
}

/* --- the future */
void future_init(struct future *future, const struct future_vtable *vtable) {
    *future = (struct future){.vtable = vtable};
}

enum poll future_poll(struct future *future, struct context *context, struct output *output) {
    if (future->stage >= FUTURE_READY) panic("future_poll", "a future ends once");
    if (future->pinned && future->pinned != future)
        panic("future_poll", "a future stays where it was first polled");
    future->pinned = future;
    future->stage = FUTURE_PENDING;
    enum poll poll = future->vtable->poll(future, context, output);
    if (poll == POLL_READY) future->stage = FUTURE_READY;
    return poll;
}

void future_drop(struct future *future) {
    if (future->stage == FUTURE_DROPPED) panic("future_drop", "a future is dropped once");
    if (future->pinned && future->pinned != future)
        panic("future_drop", "a future stays where it was first polled");
    future->stage = FUTURE_DROPPED;
    future->vtable->drop(future);
}

static void drop_child(struct future **child) {
    struct future *taken = *child;
    *child = NULL;
    if (taken) future_drop(taken);
}

static enum poll ready_poll(struct future *self, struct context *context, struct output *output) {
    (void)context;
    *output = ((struct ready *)self)->output;
    return POLL_READY;
}
static enum poll pending_poll(struct future *self, struct context *context, struct output *output) {
    (void)self, (void)context, (void)output;
    return POLL_PENDING;
}
static void nothing_to_drop(struct future *self) { (void)self; }

void ready_init(struct ready *ready, struct output output) {
    static const struct future_vtable vtable = {ready_poll, nothing_to_drop};
    future_init(&ready->future, &vtable);
    ready->output = output;
}
void pending_init(struct pending *pending) {
    static const struct future_vtable vtable = {pending_poll, nothing_to_drop};
    future_init(&pending->future, &vtable);
}

/* --- combinators */
static enum poll map_poll(struct future *self, struct context *context, struct output *output) {
    struct map *map = (struct map *)self;
    struct output of_child;
    if (future_poll(map->child, context, &of_child) == POLL_PENDING) return POLL_PENDING;
    drop_child(&map->child);
    *output = map->apply(map->env, of_child);
    return POLL_READY;
}
static void map_drop(struct future *self) { drop_child(&((struct map *)self)->child); }
void map_init(struct map *map, struct future *child,
              struct output (*apply)(void *env, struct output output), void *env) {
    static const struct future_vtable vtable = {map_poll, map_drop};
    *map = (struct map){.child = child, .apply = apply, .env = env};
    future_init(&map->future, &vtable);
}

static enum poll then_poll(struct future *self, struct context *context, struct output *output) {
    struct then *then = (struct then *)self;
    struct output of_child;
    if (future_poll(then->child, context, &of_child) == POLL_PENDING) return POLL_PENDING;
    drop_child(&then->child);
    if (then->next) {
        struct future *(*next)(void *, struct output) = then->next;
        then->next = NULL;
        then->child = next(then->env, of_child);
        if (future_poll(then->child, context, &of_child) == POLL_PENDING) return POLL_PENDING;
        drop_child(&then->child);
    }
    *output = of_child;
    return POLL_READY;
}
static void then_drop(struct future *self) { drop_child(&((struct then *)self)->child); }
void then_init(struct then *then, struct future *child,
               struct future *(*next)(void *env, struct output first), void *env) {
    static const struct future_vtable vtable = {then_poll, then_drop};
    *then = (struct then){.child = child, .next = next, .env = env};
    future_init(&then->future, &vtable);
}

static void drop_all(struct future **children, size_t count) {
    for (size_t i = 0; i < count; i++) drop_child(&children[i]);
}

static enum poll join_poll(struct future *self, struct context *context, struct output *output) {
    struct join *join = (struct join *)self;
    for (size_t i = 0; i < join->count; i++) {
        struct future *child = join->children[i];
        if (!child || future_poll(child, context, &join->outputs[i]) == POLL_PENDING) continue;
        drop_child(&join->children[i]);
        join->left--;
    }
    if (join->left > 0) return POLL_PENDING;
    *output = (struct output){0};
    for (size_t i = join->count; i-- > 0;)
        if (join->outputs[i].error) output->error = join->outputs[i].error;
    return POLL_READY;
}
static void join_drop(struct future *self) {
    struct join *join = (struct join *)self;
    drop_all(join->children, join->count);
}
void join_init(struct join *join, struct future **children, struct output *outputs, size_t count) {
    static const struct future_vtable vtable = {join_poll, join_drop};
    *join = (struct join){.children = children, .outputs = outputs, .count = count, .left = count};
    future_init(&join->future, &vtable);
}

static enum poll race_poll(struct future *self, struct context *context, struct output *output) {
    struct race *race = (struct race *)self;
    for (size_t i = 0; i < race->count; i++) {
        if (future_poll(race->children[i], context, output) == POLL_PENDING) continue;
        race->winner = i;
        drop_all(race->children, race->count);
        return POLL_READY;
    }
    return POLL_PENDING;
}
static void race_drop(struct future *self) {
    struct race *race = (struct race *)self;
    drop_all(race->children, race->count);
}
void race_init(struct race *race, struct future **children, size_t count) {
    static const struct future_vtable vtable = {race_poll, race_drop};
    *race = (struct race){.children = children, .count = count};
    future_init(&race->future, &vtable);
}

/* --- the slot */
enum { WAITING = 0, REGISTERING = 1, WAKING = 2 }; /* I2 */

void waker_slot_init(struct waker_slot *slot) {
    atomic_store_explicit(&slot->state, WAITING,
                          memory_order_relaxed); /* relaxed: not shared yet */
    slot->waker = EMPTY;
}

/* Get the waker field. Returns the state before: WAITING if we have it now. */
static uint32_t slot_enter(struct waker_slot *slot) {
    uint32_t state = WAITING;
    /* Acquire: pairs with the release in slot_take ([W1], and the field is ours after its reader). */
    atomic_compare_exchange_strong_explicit(&slot->state, &state, REGISTERING, memory_order_acquire,
                                            memory_order_acquire);
    return state;
}

/* Give the waker field back. True: a wake came meanwhile, and found it taken; it is ours to do. */
static bool slot_leave(struct waker_slot *slot) {
    /* Acquire and release: [W2] for the wake that comes next; [W1] from the one that came. */
    return atomic_exchange_explicit(&slot->state, WAITING, memory_order_acq_rel) & WAKING;
}

void waker_slot_register(struct waker_slot *slot, const struct waker *waker) {
    switch (slot_enter(slot)) {
    case WAITING: {
        struct waker old = EMPTY;
        if (!waker_will_wake(&slot->waker, waker)) {
            old = slot->waker;
            slot->waker = waker_clone(waker);
        }
        struct waker mine = EMPTY;
        uint32_t registering = REGISTERING;
        /* Release: [W2]. Acquire on failure: [W1] from the wake that came meanwhile. */
        if (!atomic_compare_exchange_strong_explicit(&slot->state, &registering, WAITING,
                                                     memory_order_acq_rel, memory_order_acquire)) {
            mine = slot->waker;
            slot->waker = EMPTY;
            slot_leave(slot);
        }
        waker_drop(&old);
        waker_wake(&mine);
        return;
    }
    case WAKING: waker_wake_by_ref(waker); return; /* the one before is being woken: so are we */
    default: panic("waker_slot_register", "one thread registers at a time");
    }
}

/* Take the waker out, unless somebody else has the field. */
static struct waker slot_take(struct waker_slot *slot) {
    /* Acquire: [W2], for the field. Release: [W1], for a registrar that has it. */
    if (atomic_fetch_or_explicit(&slot->state, WAKING, memory_order_acq_rel) != WAITING)
        return EMPTY;
    struct waker taken = slot->waker;
    slot->waker = EMPTY;
    /* Release: the field is free; pairs with slot_enter. */
    atomic_fetch_and_explicit(&slot->state, ~(uint32_t)WAKING, memory_order_release);
    return taken;
}

void waker_slot_wake(struct waker_slot *slot) {
    struct waker taken = slot_take(slot);
    waker_wake(&taken);
}

void waker_slot_clear(struct waker_slot *slot) {
    uint32_t before = slot_enter(slot);
    if (before == WAKING) return; /* it is being taken out */
    if (before != WAITING) panic("waker_slot_clear", "one thread registers at a time");
    struct waker taken = slot->waker;
    slot->waker = EMPTY;
    slot_leave(slot);
    waker_drop(&taken);
}

/* --- the cell */
enum { SENT = 1, CLOSED = 2, GONE = 4 };

void oneshot_init(struct oneshot *cell) {
    atomic_store_explicit(&cell->state, 0, memory_order_relaxed); /* relaxed: not shared yet */
    cell->output = (struct output){0};
    waker_slot_init(&cell->receiver);
}

static bool end(struct oneshot *cell, uint32_t how, const char *function) {
    /* Release: [O1], the output is written. Acquire: [O2]. */
    uint32_t before = atomic_fetch_or_explicit(&cell->state, how, memory_order_acq_rel);
    if (before & (SENT | CLOSED)) panic(function, "a cell is sent into or closed once");
    if (before & GONE) return false;
    waker_slot_wake(&cell->receiver);
    return true;
}

bool oneshot_send(struct oneshot *cell, struct output output) {
    /* Acquire: [O2]. */
    uint32_t before = atomic_load_explicit(&cell->state, memory_order_acquire);
    if (before & (SENT | CLOSED)) panic("oneshot_send", "a cell is sent into or closed once");
    if (before & GONE) return false;
    cell->output = output;
    return end(cell, SENT, "oneshot_send");
}

void oneshot_close(struct oneshot *cell) { end(cell, CLOSED, "oneshot_close"); }

static bool arrived(struct oneshot *cell, struct output *output) {
    /* Acquire: [O1]. */
    uint32_t state = atomic_load_explicit(&cell->state, memory_order_acquire);
    if (state & SENT) *output = cell->output;
    if (state & CLOSED) *output = (struct output){.error = ECANCELED};
    return state & (SENT | CLOSED);
}

static enum poll receiver_poll(struct future *self, struct context *context,
                               struct output *output) {
    struct oneshot *cell = ((struct oneshot_receiver *)self)->cell;
    if (arrived(cell, output)) return POLL_READY;
    waker_slot_register(&cell->receiver, context->waker);
    return arrived(cell, output) ? POLL_READY : POLL_PENDING;
}

static void receiver_drop(struct future *self) {
    struct oneshot *cell = ((struct oneshot_receiver *)self)->cell;
    atomic_fetch_or_explicit(&cell->state, GONE, memory_order_acq_rel); /* release: [O2] */
    waker_slot_clear(&cell->receiver);
}

void oneshot_receive(struct oneshot *cell, struct oneshot_receiver *receiver) {
    static const struct future_vtable vtable = {receiver_poll, receiver_drop};
    future_init(&receiver->future, &vtable);
    receiver->cell = cell;
}

/* --- an async function, by hand --------------------------------------------------------------------
 *
 * As a protothread: the poll reads like the async function, and AWAIT is a return with a case label
 * behind it, in the middle of whatever loop it stands in. The state is the number of the suspension
 * point. Sources: Tom Duff's device, 1983; Simon Tatham, "Coroutines in C", 2000; Adam Dunkels et al.,
 * "Protothreads", SenSys 2006.
 */
#define AWAIT(point, child)                                                                        \
    total->state = (point);                                                                        \
    __attribute__((fallthrough));                                                                  \
    case (point):                                                                                  \
        if (future_poll((child), context, &got) == POLL_PENDING) return POLL_PENDING;              \
        drop_child(&(child))

static void total_end(struct total *total) {
    if (total->state == TOTAL_AT_PART) total->ledger->close(total->ledger);
    total->state = TOTAL_END;
    drop_child(&total->gate);
    drop_all(total->parts, total->count);
}

static enum poll total_poll(struct future *self, struct context *context, struct output *output) {
    struct total *total = (struct total *)self;
    struct output got = {0};
    switch (total->state) {
    case TOTAL_START:
        AWAIT(TOTAL_AT_GATE, total->gate);
        if (got.error) break;
        total->ledger->open(total->ledger);
        total->sum = 0;
        total->into = &total->sum;
        for (total->at = 0; total->at < total->count; total->at++) {
            AWAIT(TOTAL_AT_PART, total->parts[total->at]);
            if (got.error) break;
            *total->into += got.value;
        }
        total->state = TOTAL_AT_PART; /* of no parts, the loop has not said it */
        break;
    case TOTAL_END: break;
    }
    if (!got.error) got.value = total->sum;
    total_end(total);
    *output = got;
    return POLL_READY;
}

static void total_drop(struct future *self) { total_end((struct total *)self); }

void total_init(struct total *total, struct future *gate, struct future **parts, size_t count,
                struct ledger *ledger) {
    static const struct future_vtable vtable = {total_poll, total_drop};
    *total = (struct total){.gate = gate, .parts = parts, .count = count, .ledger = ledger};
    future_init(&total->future, &vtable);
}
