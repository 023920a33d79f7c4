/* gate.h - the contract of exercise 06: many producers, one receiver, and no more memory than was said.
 *
 *     static struct gate_slot slots[64];
 *     static struct gate gate;
 *     static struct gate_producer sensor, audit;
 *     static struct gate_receiver receiver;               // a stream
 *
 *     gate_init(&gate, slots, 64, free_event);
 *     gate_join(&gate, &sensor, GATE_BULK, GATE_DROP_OLDEST);
 *     gate_join(&gate, &audit, GATE_URGENT, GATE_WAIT);
 *     gate_receive(&gate, &receiver);
 *
 * A credit is the right to have one value in the gate, from its acceptance until the receiver is done
 * with it. There are as many as slots, and each is, at any moment, in one of four places:
 *
 *     free + granted + queued + taken = capacity           (the invariant of this exercise)
 *
 * granted to an offer that has not been polled since; queued with its value; taken by the receiver, who
 * is not done with it. So a stage that is slow holds credits, and the stage before it runs out of them:
 * backpressure goes through any number of stages.
 *
 * Who may do what, on one object:
 *
 *                      one thread at a time         any thread, beside it
 *   gate               gate_init, gate_join         gate_done, gate_close, gate_tally
 *   gate_offer         poll, drop                   -
 *   gate_receiver      poll, drop                   -
 *   stage              poll, drop                   -
 *
 * Joins come before the first offer. Offers of one producer may be polled by different threads.
 *
 * Happens-before edges, named at both their ends in every implementation:
 *   [G1]  everything before the poll of an offer that puts its value happens-before the poll of the
 *         receiver that returns it.
 *   [G2]  a gate_done happens-before whatever is done with its credit: the poll of the offer that gets it.
 *   [G3]  everything before a gate_close, or the drop of the receiver, happens-before the refusals and the
 *         STREAM_END that it causes.
 */
#ifndef HB_GATE_H
#define HB_GATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "future.h"
#include "mutex.h"
#include "stream.h"

/* --- STEP 1: credits ---------------------------------------------------------------------------- */

/* What an offer does when there is no credit. */
enum gate_overflow {
    GATE_WAIT,        /* waits until there is one */
    GATE_DROP_OLDEST, /* gives up the oldest value of the same producer that is queued, and takes its
                         place; if it has none queued, as GATE_DROP_NEWEST */
    GATE_DROP_NEWEST, /* gives up the value that is offered */
    GATE_FAIL,        /* fails with EAGAIN: the value stays the caller's */
};

/* Lanes, the most urgent first. */
enum gate_lane { GATE_URGENT, GATE_NORMAL, GATE_BULK };
#define GATE_LANES 3

/* One value in the gate; the fields are the gate's. */
struct gate_slot {
    uintptr_t value;
    struct gate_slot *next;
};

struct gate_offer;
struct gate_list {
    struct gate_offer *first, *last;
};

/* Who offers. The fields are the gate's, and guarded by its lock. */
struct gate_producer {
    struct gate *gate;
    struct gate_producer *next; /* among all producers: a ring */
    enum gate_lane lane;
    enum gate_overflow overflow;
    struct gate_slot *oldest, *newest; /* its values that are queued */
    size_t credits;                    /* of its own: granted or queued */
    struct gate_list waiting;          /* its offers that wait, in their order */
};

/* The gate. Its memory, and its producers', must stay until the receiver and all offers were dropped. */
struct gate {
    struct mutex
        lock; /* guards what follows; held for a few instructions, never while a waker runs */
    struct gate_slot *spare;         /* slots without a value */
    struct gate_producer *producers; /* the ring: the one who was served last */
    size_t capacity;
    size_t free, granted, queued, taken;
    size_t waiting;              /* offers that wait */
    size_t in_lane[GATE_LANES];  /* values that are queued in each */
    unsigned passed[GATE_LANES]; /* values taken from more urgent lanes while this one had some */
    uint64_t arrivals;           /* numbers the offers that wait */
    bool closed, gone;           /* no value is accepted; the receiver was dropped */
    struct waker receiver;       /* while it waits */
    void (*discard)(uintptr_t value);
};

/* Make a gate with so many slots, which are the caller's.
 *
 * discard:   called for each value that the gate gives up: by a policy, when the receiver is dropped, or by a
 *            stage; never under the lock. NULL: nobody wants to know.
 * Errors:    no slots: panics ("gate_init").
 */
void gate_init(struct gate *gate, struct gate_slot *slots, size_t capacity,
               void (*discard)(uintptr_t value));

/* Add a producer. The first one that joins is served first. */
void gate_join(struct gate *gate, struct gate_producer *producer, enum gate_lane lane,
               enum gate_overflow overflow);

/* What became of an offer: its output's value, where the error is 0. */
enum gate_verdict {
    GATE_ACCEPTED,
    GATE_DROPPED, /* the value was given up, by GATE_DROP_NEWEST or for want of an older one */
};

/* A future: offer a value. Ready with error 0 and a gate_verdict; with EAGAIN (GATE_FAIL); or with EPIPE: the
 * gate is closed. With an error the value is the caller's. Only GATE_WAIT is ever pending.
 *
 * A free credit is taken at once, if nobody waits; else see STEP 3. A drop before it is ready takes the value
 * back: it is the caller's, and a credit that was granted is passed on.
 *
 * Order:     [G1], [G2]; [G3] when refused.
 * Progress:  blocking for the length of the lock; pending while it waits.
 */
struct gate_offer {
    struct future future;
    struct gate_producer *producer;
    uintptr_t value;
    struct waker waker;
    struct gate_offer *next, *prev; /* while it waits */
    uint64_t arrival;               /* its number among those that wait */
    enum gate_place { GATE_NOWHERE, GATE_WAITS, GATE_GRANTED, GATE_REFUSED } place;
    bool queued; /* its owner's: the last poll was pending */
};
void gate_offer_init(struct gate_offer *offer, struct gate_producer *producer, uintptr_t value);

/* The stream of the values. Each value that it returns is taken: its credit comes back by gate_done, and not
 * before. One for each gate.
 *
 * Order:     [G1]; [G3] at its end.
 * Progress:  blocking for the length of the lock; pending while there is no value.
 */
struct gate_receiver {
    struct stream stream;
    struct gate *gate;
};
void gate_receive(struct gate *gate, struct gate_receiver *receiver);

/* The receiver is done with one value that it has taken: the credit is free.
 *
 * Threads:   any.
 * Order:     [G2].
 * Errors:    more often than values were taken: panics ("gate_done").
 */
void gate_done(struct gate *gate);

/* --- STEP 2: overflow ----------------------------------------------------------------------------
 *
 * Nothing new to call. Each producer has its policy; see gate_overflow.
 */

/* --- STEP 3: fairness between producers -----------------------------------------------------------
 *
 * Served: among the producers of one lane that have values, in turns (round robin): after a value of one each
 * of the others comes once before the same one comes again. The values of one producer come in its order.
 *
 * Granted: a credit that becomes free while offers wait goes at once to the producer, among those that wait,
 * that has the fewest (granted or queued); among equals to the offer that has waited longest. So whoever
 * floods the gate competes with itself (max-min fairness).
 */

/* --- STEP 4: lanes --------------------------------------------------------------------------------
 *
 * The receiver gets a value of the most urgent lane that has any. But when a lane has been passed over
 * GATE_PATIENCE times while it had values, it is its turn: the least urgent such lane first. So at most
 * GATE_PATIENCE values of more urgent lanes pass a lane before its turn comes.
 */
#define GATE_PATIENCE 8

/* --- STEP 5: the end ------------------------------------------------------------------------------ */

/* Accept no more. Offers that wait are woken and refused; what was accepted is still received, then comes
 * STREAM_END. An offer that was granted a credit before is accepted when it is polled, if the receiver is still
 * there: then the end waits for it. The drop of the receiver closes, too, and discards what is queued.
 *
 * Threads:   any.
 * Order:     [G3].
 */
void gate_close(struct gate *gate);

/* How the credits are at this moment; their sum is the capacity. For plots and tests. Threads: any. */
struct gate_tally {
    size_t free, granted, queued, taken;
    size_t waiting; /* offers without a credit: not in the gate */
};
struct gate_tally gate_tally(struct gate *gate);

/* --- STEP 6: a stage ------------------------------------------------------------------------------ */

/* A future: take a value from one gate, work on it, offer the result to the next, and only then be done with
 * it in the first. One value at a time, and one stage at a time for a receiver: it has one waker, and one end.
 *
 * work:    makes a future of a value; it belongs to the stage. Its output's value is the result; with an
 *          error the result is given up: `failed` counts it, and the stage goes on.
 * next:    the producer through which results are offered; NULL: a sink, results are forgotten.
 *
 * Ready with error 0 when the first gate has ended, and with EPIPE when the next one is closed: then the
 * result in its hand is discarded by the next gate's function. Value: how many values it has finished.
 * Whenever it ends or is dropped, all that it holds goes back: the work is dropped, the offer is taken back
 * and its value discarded (by the next gate's function), the credit of the first gate is free. It does not
 * own the receiver. It works on at most STREAM_BUDGET values in one poll.
 */
struct stage {
    struct future future;
    struct gate_receiver *from;
    struct gate_producer *next;
    struct future *(*work)(void *env, uintptr_t value);
    void *env;
    struct future *working; /* NULL: none */
    struct gate_offer offer;
    bool offers, holds; /* the offer is alive; a value of the first gate is in its hand */
    size_t finished, failed;
};
void stage_init(struct stage *stage, struct gate_receiver *from,
                struct future *(*work)(void *env, uintptr_t value), void *env,
                struct gate_producer *next);

#endif
