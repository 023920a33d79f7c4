/* gate.c - exercise 06: many producers, one receiver, and no more memory than was said.
 *
 * This file and rate.c are yours. gate.h says what is demanded, README.md why; how is up to you. It compiles
 * as it stands, and accepts nothing. STEP 1 to STEP 6 are here, STEP 7 is in rate.c.
 *
 * What you may use: mutex.h of lesson 04, future.h of lesson 10, stream.h and channel.h of lesson 15, whose
 * references are linked; panic.h. Nothing is allocated. Helpers of your own are static. What is demanded
 * throughout:
 *
 *   I1  free + granted + queued + taken = capacity, whenever the lock is free.
 *   I2  While an offer waits no credit is free, until the close.
 *   I3  Each value has one end: it is received, or given up by the gate, or the caller's again.
 *   I4  No waker is woken or dropped, and no value discarded, while the lock is held.
 */
#include "gate.h"

#include <errno.h>

#include "panic.h"

/* What the futures below do until you write them: fail at once. */
static enum poll unwritten_poll(struct future *self, struct context *context,
                                struct output *output) {
    (void)self, (void)context;
    *output = (struct output){.error = ENOSYS};
    return POLL_READY;
}
static void unwritten_drop(struct future *self) { (void)self; }
static const struct future_vtable unwritten = {unwritten_poll, unwritten_drop};

/* STEP 1 of 7: credits.
 * Goal:  offers that wait (GATE_WAIT), in one lane; a receiver; gate_done. A credit that comes back goes to
 *        an offer that waits, and is passed on if that offer is dropped.
 * Edge:  [G1] offer -> receiver. [G2] done -> the offer that gets the credit.
 * Check: make check U=06-backpressure STEP=1
 */
void gate_init(struct gate *gate, struct gate_slot *slots, size_t capacity,
               void (*discard)(uintptr_t value)) {
    (void)slots;
    *gate = (struct gate){
        .lock = MUTEX_INIT, .capacity = capacity, .free = capacity, .discard = discard};
}

void gate_join(struct gate *gate, struct gate_producer *producer, enum gate_lane lane,
               enum gate_overflow overflow) {
    *producer =
        (struct gate_producer){.gate = gate, .next = producer, .lane = lane, .overflow = overflow};
}

void gate_offer_init(struct gate_offer *offer, struct gate_producer *producer, uintptr_t value) {
    *offer = (struct gate_offer){.producer = producer, .value = value};
    future_init(&offer->future, &unwritten);
}

static enum poll_next receiver_poll(struct stream *self, struct context *context,
                                    struct output *output) {
    (void)self, (void)context;
    *output = (struct output){.error = ENOSYS};
    return STREAM_END;
}
static void receiver_drop(struct stream *self) { (void)self; }
void gate_receive(struct gate *gate, struct gate_receiver *receiver) {
    static const struct stream_vtable vtable = {receiver_poll, receiver_drop};
    receiver->gate = gate;
    stream_init(&receiver->stream, &vtable);
}

void gate_done(struct gate *gate) { (void)gate; }

/* STEP 2 of 7: overflow.
 * Goal:  three more policies for an offer that finds no credit. None of them ever waits.
 * Check: make check U=06-backpressure STEP=2
 *
 * STEP 3 of 7: fairness between producers.
 * Goal:  turns in the receiver; the fewest first when a credit comes back.
 * Check: make check U=06-backpressure STEP=3
 *
 * STEP 4 of 7: lanes.
 * Goal:  the most urgent first, and nobody for ever last.
 * Check: make check U=06-backpressure STEP=4
 */

/* STEP 5 of 7: the end.
 * Goal:  nothing that was accepted is lost by a close, and nothing is lost without a word by a drop.
 * Edge:  [G3] close -> refusals, and the end.
 * Check: make check U=06-backpressure STEP=5
 */
void gate_close(struct gate *gate) { (void)gate; }

struct gate_tally gate_tally(struct gate *gate) {
    (void)gate;
    return (struct gate_tally){0};
}

/* STEP 6 of 7: a stage.
 * Goal:  from gate to gate, with work in between. Its credit in the first gate is not free before its result
 *        is in the second.
 * Check: make check U=06-backpressure STEP=6
 */
void stage_init(struct stage *stage, struct gate_receiver *from,
                struct future *(*work)(void *env, uintptr_t value), void *env,
                struct gate_producer *next) {
    *stage = (struct stage){.from = from, .next = next, .work = work, .env = env};
    future_init(&stage->future, &unwritten);
}
