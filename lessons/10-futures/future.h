/* future.h - the contract of lesson 10: values that are not there yet.
 *
 *     static struct oneshot cell;                      // another thread will send into it
 *     struct oneshot_receiver answer;
 *     struct map doubled;
 *
 *     oneshot_init(&cell);
 *     oneshot_receive(&cell, &answer);
 *     map_init(&doubled, &answer.future, twice, NULL);
 *     while (future_poll(&doubled.future, &context, &output) == POLL_PENDING)
 *         wait_until_woken();                          // what context.waker brings about
 *     future_drop(&doubled.future);
 *
 * A future is a state machine that somebody else turns. It does nothing until it is polled, and then
 * runs as far as it can without waiting. Whoever polls it is an executor (lesson 11).
 *
 * Who may do what, on one object:
 *
 *                      one thread at a time         any thread, beside it
 *   future             future_poll, future_drop     -
 *   waker_slot         register, clear              waker_slot_wake
 *   oneshot            poll, drop of the receiver   oneshot_send, oneshot_close: one of them, once
 *   waker              -                            all: a waker is a reference, and can be sent
 *
 * Happens-before edges, named at both their ends in every implementation:
 *   [W1]  everything before waker_slot_wake happens-before what the waker that it wakes does; or, if
 *         it wakes none, before the return of the next waker_slot_register.
 *   [W2]  a waker_slot_register happens-before the wake that takes its waker out.
 *   [O1]  everything before oneshot_send or oneshot_close happens-before the poll that is ready.
 *   [O2]  the receiver's drop happens-before the oneshot_send that returns false.
 *
 * One edge is the executor's to make: everything before a wake happens-before the poll that the wake
 * brings about. A future may rely on it.
 */
#ifndef HB_FUTURE_H
#define HB_FUTURE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* --- STEP 1: the waker ------------------------------------------------------------------------ */

struct waker_vtable;

/* A reference to whoever wants to be told: two words, as Rust's RawWaker. Each waker that was cloned
 * is given up exactly once, by waker_wake or by waker_drop. */
struct waker {
    const struct waker_vtable *vtable; /* NULL: empty, there is no waker here */
    void *data;                        /* the executor's business */
};

/* What an executor writes. Each function may be called from any thread. */
struct waker_vtable {
    struct waker (*clone)(void *data); /* one more reference */
    void (*wake)(void *data);          /* wake, and give this reference up */
    void (*wake_by_ref)(void *data);   /* wake, and keep it */
    void (*drop)(void *data);          /* give it up */
};

/* The four operations. An empty waker clones to an empty one, wakes nobody, and may be dropped.
 *
 * waker_wake and waker_drop empty *waker: a use after them wakes nobody.
 *
 * Threads:   any; on one `struct waker` in memory, one at a time but for clone and wake_by_ref.
 * Order:     what the vtable's functions promise.
 * Progress:  that of the vtable's functions.
 */
struct waker waker_clone(const struct waker *waker);
void waker_wake(struct waker *waker);
void waker_wake_by_ref(const struct waker *waker);
void waker_drop(struct waker *waker);

/* Would both wake the same? (The same vtable and the same data. A false "no" costs a clone.) */
bool waker_will_wake(const struct waker *one, const struct waker *other);

/* What a poll is told. */
struct context {
    const struct waker *waker; /* borrowed for this call: who wants to keep it clones it */
};

/* --- STEP 2: the future -------------------------------------------------------------------------- */

enum poll {
    POLL_PENDING, /* not yet: the latest context's waker will be woken when a poll is worth while */
    POLL_READY,   /* done: the output is written */
};

/* What a future ends with. Errors are values. */
struct output {
    int error;       /* 0, or an errno value; ECANCELED: the other side went away */
    uintptr_t value; /* a number or a pointer; meaningless beside an error */
};

struct future;

/* What a concrete future writes; called by future_poll and future_drop alone.
 *
 * poll:  go on as far as possible without waiting. POLL_READY: *output is written. POLL_PENDING:
 *        *output is untouched, and a clone of *context->waker is where the one who will make
 *        progress possible finds it. Wakers of earlier polls need not be woken any more. A poll may
 *        come without a wake (a spurious one), and each may bring another waker.
 * drop:  give up what the future still holds: children, wakers, places in queues. Called once, ready
 *        or not, polled or not. It cannot wait.
 */
struct future_vtable {
    enum poll (*poll)(struct future *self, struct context *context, struct output *output);
    void (*drop)(struct future *self);
};

enum future_stage { FUTURE_FRESH, FUTURE_PENDING, FUTURE_READY, FUTURE_DROPPED };

/* The first member of every concrete future. From its first poll on a future is pinned: its address
 * may stand in a queue, or in itself. Until then it may be moved (assigned, memcpy). */
struct future {
    const struct future_vtable *vtable;
    const struct future *pinned; /* its address since the first poll; NULL before */
    enum future_stage stage;
};

/* Make the common part of a concrete future. */
void future_init(struct future *future, const struct future_vtable *vtable);

/* Poll. The only way to do it: it keeps the rules.
 *
 * Threads:   one at a time, not always the same; what one did happens-before what the next does.
 * Errors:    panics ("future_poll") if the future has been ready before, has been dropped, or has
 *            been moved since its first poll.
 * Progress:  that of the concrete future: none of this lesson waits for another thread.
 * Returns:   as the vtable's poll.
 */
enum poll future_poll(struct future *future, struct context *context, struct output *output);

/* Drop. The only way to do it, and needed once for each future, whether it was ready or not.
 *
 * Errors:    panics ("future_drop") if it was dropped before, or moved since its first poll.
 */
void future_drop(struct future *future);

/* Ready at once, with this output. */
struct ready {
    struct future future;
    struct output output;
};
void ready_init(struct ready *ready, struct output output);

/* Never ready, and never wakes. */
struct pending {
    struct future future;
};
void pending_init(struct pending *pending);

/* --- STEP 3: combinators -------------------------------------------------------------------------
 *
 * A combinator owns its children from its init on, and drops each exactly once: as soon as the child
 * is ready or is no longer wanted, or else in its own drop. Children stay where they are: the
 * combinator holds their addresses, and may itself be moved until it is polled.
 */

/* The output of the child, changed by a function (which sees errors, too). */
struct map {
    struct future future;
    struct future *child; /* NULL: dropped */
    struct output (*apply)(void *env, struct output output);
    void *env;
};
void map_init(struct map *map, struct future *child,
              struct output (*apply)(void *env, struct output output), void *env);

/* One future, then another that is made from the first one's output. `next` is called once, after the
 * first child has been dropped; what it returns belongs to the combinator. */
struct then {
    struct future future;
    struct future *child; /* the first, later the second; NULL: dropped */
    struct future *(*next)(void *env, struct output first); /* NULL: has been called */
    void *env;
};
void then_init(struct then *then, struct future *child,
               struct future *(*next)(void *env, struct output first), void *env);

/* All of them, side by side. Ready when the last is, with the value 0 and, if any child ended with an
 * error, the error of the first such child in the array. A child that is ready is not polled again. */
struct join {
    struct future future;
    struct future *
        *children; /* the caller's array, the future's until it is dropped; NULL: dropped */
    struct output *outputs; /* the caller's array: [i] is written when child i is ready */
    size_t count;
    size_t left; /* children that are not ready yet */
};
void join_init(struct join *join, struct future **children, struct output *outputs, size_t count);

/* The first of them that is ready; the others are dropped before the poll returns. Children are polled
 * in the array's order; those behind a ready one are not polled. Of none: never ready. */
struct race {
    struct future future;
    struct future **children; /* as join's */
    size_t count;
    size_t winner; /* valid once ready */
};
void race_init(struct race *race, struct future **children, size_t count);

/* --- STEP 4: from another thread ----------------------------------------------------------------- */

/* A place for the latest waker, which others wake: between "I looked, and it is not there" and "wake
 * me" the other side may come, and its wake-up must not be lost.
 *
 *     register, then look again:                   make it so, then wake:
 *         waker_slot_register(&slot, waker);           ready = true;        // atomically
 *         if (!ready) return POLL_PENDING;             waker_slot_wake(&slot);
 *
 * Source: AtomicWaker of futures-rs (futures-core/src/task/__internal/atomic_waker.rs).
 */
struct waker_slot {
    _Atomic(uint32_t) state;
    struct waker waker;
};

void waker_slot_init(struct waker_slot *slot);

/* Keep a clone of this waker, in place of the one before, which is dropped (if both would wake the
 * same, the one before may stay). If a wake comes at the same time, this waker is woken.
 *
 * Threads:   one at a time (the future that waits); beside it any number of wakes.
 * Errors:    two at once: panics ("waker_slot_register").
 * Order:     [W1], [W2].
 * Progress:  wait-free but for the waker's own functions.
 */
void waker_slot_register(struct waker_slot *slot, const struct waker *waker);

/* Take the waker out, if there is one, and wake it.
 *
 * Threads:   any.
 * Order:     [W1], [W2].
 * Progress:  wait-free but for the waker's own functions.
 */
void waker_slot_wake(struct waker_slot *slot);

/* Take the waker out, if there is one, and drop it. Threads, errors, progress: as register
 * ("waker_slot_clear"). A wake that has begun may still be carried out behind it. */
void waker_slot_clear(struct waker_slot *slot);

/* One output, from any thread to one future. The memory is the caller's; it must stay until the
 * receiver was dropped AND oneshot_send or oneshot_close has returned: a sender still wakes after the
 * output can be seen. */
struct oneshot {
    _Atomic(uint32_t) state;
    struct output output; /* the sender's until state says that it was sent, then the receiver's */
    struct waker_slot receiver;
};

struct oneshot_receiver {
    struct future future;
    struct oneshot *cell;
};

void oneshot_init(struct oneshot *cell);

/* Send.
 *
 * Threads:   any; once.
 * Order:     [O1]; [O2] when it returns false.
 * Errors:    after a send or a close: panics ("oneshot_send").
 * Progress:  wait-free but for the waker's own functions.
 * Returns:   false if the receiver was dropped before: the output is still the caller's.
 */
bool oneshot_send(struct oneshot *cell, struct output output);

/* The sender goes away without sending: the receiver gets ECANCELED. Else as oneshot_send
 * ("oneshot_close"). */
void oneshot_close(struct oneshot *cell);

/* Make the future that waits for the output; one for each cell. */
void oneshot_receive(struct oneshot *cell, struct oneshot_receiver *receiver);

/* --- STEP 5: an async function, by hand ----------------------------------------------------------
 *
 * This function of Rust is a future; the compiler makes a struct of its live variables and a poll of
 * its body. Here you are the compiler.
 *
 *     async fn total(gate, parts, ledger) -> Result<usize, Errno> {
 *         gate.await?;                        // suspension point 0
 *         let _open = ledger.open();          // closes the ledger when it goes out of scope
 *         let mut sum = 0;
 *         let into = &mut sum;                // a borrow that lives across an await
 *         for part in parts {
 *             *into += part.await?;           // suspension point 1
 *         }
 *         Ok(sum)
 *     }
 *
 * `?` returns at an error. Variables are dropped at the end of their scope, also when the function
 * ends early, and also when the whole future is dropped at a suspension point.
 */

/* What must be closed when it was opened, whichever way the function ends. */
struct ledger {
    void (*open)(struct ledger *ledger);
    void (*close)(struct ledger *ledger);
};

struct total {
    struct future future;
    enum total_state { TOTAL_START, TOTAL_AT_GATE, TOTAL_AT_PART, TOTAL_END } state;
    struct future *gate;   /* NULL: dropped */
    struct future **parts; /* the caller's array, the future's until it is dropped; NULL: dropped */
    size_t count;
    struct ledger *ledger;
    size_t at;       /* live from the gate on: the part that is awaited */
    uintptr_t sum;   /* live from the gate on */
    uintptr_t *into; /* live from the gate on: points to sum, so the struct refers to itself */
};

/* Make the future. Until its first poll nothing happens: no child is polled, the ledger is not opened.
 *
 * The parts are awaited one after the other, each is dropped when it is ready. When the function ends,
 * in any way, the ledger is closed if it was opened (once), and what is left of the gate and the parts
 * is dropped, in the array's order. When the gate or a part ends with an error, so does the function.
 */
void total_init(struct total *total, struct future *gate, struct future **parts, size_t count,
                struct ledger *ledger);

#endif
