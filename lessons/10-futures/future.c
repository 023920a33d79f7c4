/* future.c - lesson 10: values that are not there yet. You fill it in.
 *
 * It compiles as it stands, and every future in it is pending for ever. future.h holds the contract;
 * README.md walks the way; attempts/ holds the wrong turnings, complete, each with the verdict that it
 * gets. Work from STEP 1 to STEP 5; STEP 6 is in coroutine.c. `make check U=10-futures` runs them all.
 *
 * What you may use: <stdatomic.h> with the _explicit forms only, <errno.h>, and panic.h. Helpers of
 * your own are welcome; make them static.
 *
 * Ask of each line that returns POLL_PENDING: who will wake us, and where did I see to that?
 */
#include "future.h"

#include <errno.h>

#include "panic.h"

/* STEP 1 of 6: the waker.
 * Why:   a future that cannot go on must leave its address with somebody, and that address is a
 *        reference: it keeps something alive, and has to be given up.
 * Goal:  the four operations go through the table. waker_wake and waker_drop empty the struct, so
 *        that a second use does nothing. An empty waker does nothing at all.
 * Keep:  each clone is given up exactly once: by wake or by drop, never by both.
 * Check: make check U=10-futures STEP=1
 */
struct waker waker_clone(const struct waker *waker) {
    (void)waker;
    return (struct waker){0};
}

void waker_wake(struct waker *waker) { (void)waker; }

void waker_wake_by_ref(const struct waker *waker) { (void)waker; }

void waker_drop(struct waker *waker) { (void)waker; }

bool waker_will_wake(const struct waker *one, const struct waker *other) {
    (void)one, (void)other;
    return false;
}

/* STEP 2 of 6: the future.
 * Why:   every rule that Rust keeps at compile time must be kept somewhere: here, in the two functions
 *        through which everybody goes.
 * Goal:  future_poll and future_drop call the concrete future's functions, and panic when the caller
 *        breaks a rule: polled after the end or the drop, dropped twice, moved after the first poll.
 *        ready and pending, the two smallest futures.
 * Keep:  `stage` says what happened to the future; `pinned` where it was when it was first polled.
 * Check: make check U=10-futures STEP=2
 */
void future_init(struct future *future, const struct future_vtable *vtable) {
    *future = (struct future){.vtable = vtable};
}

enum poll future_poll(struct future *future, struct context *context, struct output *output) {
    (void)future, (void)context, (void)output;
    return POLL_PENDING;
}

void future_drop(struct future *future) { (void)future; }

void ready_init(struct ready *ready, struct output output) {
    *ready = (struct ready){.output = output};
}

void pending_init(struct pending *pending) { *pending = (struct pending){0}; }

/* STEP 3 of 6: combinators.
 * Why:   futures are built from futures. A combinator is an executor for its children and a future
 *        for whoever polls it: it hands the context down and the answers up.
 * Goal:  map, then, join and race, each with a table of its own poll and drop.
 * Keep:  I1 (a child is dropped exactly once: when it is ready or no longer wanted, or else in our
 *        drop). A child that has just been made is polled before we return.
 * Check: make check U=10-futures STEP=3
 */
void map_init(struct map *map, struct future *child,
              struct output (*apply)(void *env, struct output output), void *env) {
    *map = (struct map){.child = child, .apply = apply, .env = env};
}

void then_init(struct then *then, struct future *child,
               struct future *(*next)(void *env, struct output first), void *env) {
    *then = (struct then){.child = child, .next = next, .env = env};
}

void join_init(struct join *join, struct future **children, struct output *outputs, size_t count) {
    *join = (struct join){.children = children, .outputs = outputs, .count = count, .left = count};
}

void race_init(struct race *race, struct future **children, size_t count) {
    *race = (struct race){.children = children, .count = count};
}

/* STEP 4 of 6: from another thread.
 * Why:   "it is not there" and "wake me" are two steps, and a sender can come between them.
 * Goal:  the slot: the latest waker, woken once, although register and wake may meet. The cell: one
 *        output from any thread, an error if the sender goes away, `false` for a sender that came too
 *        late.
 * Keep:  I2 (at each moment one side owns the waker field, and `state` says which; who finds it taken
 *        leaves word, and the owner acts on it). I3 (`output` is the sender's until the state says
 *        that it was sent, and then the receiver's).
 * Edge:  [W1] wake -> the next register. [W2] register -> the wake that takes the waker. [O1] send ->
 *        the poll that is ready. [O2] drop -> the send that is told so.
 * Check: make check U=10-futures STEP=4
 */
void waker_slot_init(struct waker_slot *slot) { slot->waker = (struct waker){0}; }

void waker_slot_register(struct waker_slot *slot, const struct waker *waker) {
    (void)slot, (void)waker;
}

void waker_slot_wake(struct waker_slot *slot) { (void)slot; }

void waker_slot_clear(struct waker_slot *slot) { (void)slot; }

void oneshot_init(struct oneshot *cell) { cell->output = (struct output){0}; }

bool oneshot_send(struct oneshot *cell, struct output output) {
    (void)cell, (void)output;
    return false;
}

void oneshot_close(struct oneshot *cell) { (void)cell; }

void oneshot_receive(struct oneshot *cell, struct oneshot_receiver *receiver) {
    *receiver = (struct oneshot_receiver){.cell = cell};
}

/* STEP 5 of 6: an async function, by hand.
 * Why:   this is what a compiler does with `async fn`: each await becomes a number, each variable
 *        that lives across one becomes a field.
 * Goal:  total, as future.h writes it in Rust. Its drop knows, from the number alone, what is in scope.
 * Keep:  I4 (the ledger is open exactly between the gate and the end). `into` is set when the
 *        struct can no longer move, and not before.
 * Check: make check U=10-futures STEP=5
 */
void total_init(struct total *total, struct future *gate, struct future **parts, size_t count,
                struct ledger *ledger) {
    *total = (struct total){.gate = gate, .parts = parts, .count = count, .ledger = ledger};
}
