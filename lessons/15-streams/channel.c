/* channel.c - lesson 15, second part: from many tasks to one, with bounded memory.
 *
 * It compiles as it stands, and accepts nothing. channel.h holds the contract. STEP 4 to STEP 6 are
 * here, STEP 1 to STEP 3 in stream.c.
 *
 * What you may use: mutex.h of lesson 04, future.h of lesson 10, stream.h; panic.h of the workbook.
 * Nothing is allocated. Helpers of your own are static. These laws hold throughout:
 *
 *   I3  free + held + values = capacity, whenever the lock is free.
 *   I4  While a credit is free, nobody waits for one.
 *   I5  A waiter is in a list only while its place says so; and its memory is there as long.
 *   I6  No waker is woken or dropped while the lock is held: either may come back for it.
 */
#include "channel.h"

#include <errno.h>

#include "panic.h"

/* STEP 4 of 6: the channel.
 * Why:   a queue without a bound turns a slow receiver into a full memory. A queue with a bound has to
 *        make somebody wait, and that somebody may give up meanwhile.
 * Goal:  credits: reserved, put or returned; a receiver that is a stream; an end with its error behind
 *        the values.
 * Keep:  I3, also when a future is dropped between the grant and its next poll: then nobody knows of
 *        the credit but you. I4: who comes later does not overtake. To look and to leave one's waker is
 *        one step under the lock.
 * Edge:  [C1] put -> the poll that returns its value. [C2] the poll that takes a value -> the reserve
 *        that gets its credit. [C4] finish -> the end.
 * Check: make check U=15-streams STEP=4
 */
void channel_init(struct channel *channel, uintptr_t *slots, size_t capacity, unsigned senders,
                  void (*discard)(uintptr_t value)) {
    *channel = (struct channel){.lock = MUTEX_INIT,
                                .slots = slots,
                                .capacity = capacity,
                                .free = capacity,
                                .senders = senders,
                                .discard = discard};
}

/* What the futures below do until you write them: fail at once. */
static enum poll unwritten_poll(struct future *self, struct context *context,
                                struct output *output) {
    (void)self, (void)context;
    *output = (struct output){.error = ENOSYS};
    return POLL_READY;
}
static void unwritten_drop(struct future *self) { (void)self; }
static const struct future_vtable unwritten = {unwritten_poll, unwritten_drop};

void channel_reserve_init(struct channel_reserve *reserve, struct channel *channel) {
    *reserve = (struct channel_reserve){.channel = channel};
    future_init(&reserve->future, &unwritten);
}

bool channel_put(struct channel *channel, uintptr_t value) {
    (void)channel, (void)value;
    return false;
}

void channel_return(struct channel *channel) { (void)channel; }

void channel_finish(struct channel *channel, int error) { (void)channel, (void)error; }

static enum poll_next receiver_poll(struct stream *self, struct context *context,
                                    struct output *output) {
    (void)self, (void)context;
    *output = (struct output){.error = ENOSYS};
    return STREAM_END;
}
static void receiver_drop(struct stream *self) { (void)self; }
void channel_receive(struct channel *channel, struct channel_receiver *receiver) {
    static const struct stream_vtable vtable = {receiver_poll, receiver_drop};
    receiver->channel = channel;
    stream_init(&receiver->stream, &vtable);
}

/* STEP 5 of 6: the end, from either side.
 * Why:   the sender knows when there is nothing more to say, the receiver when it has heard enough. A
 *        pipeline that hears only one of them hangs, or loses what it has promised.
 * Goal:  a close delivers what was accepted, refuses what comes later, and wakes everybody who waits or
 *        watches. A drop discards what is left, each value once.
 * Keep:  between two that you wake the lock is free: the next may have left by then.
 * Edge:  [C3] close -> the refusal.
 * Check: make check U=15-streams STEP=5
 */
void channel_receiver_close(struct channel_receiver *receiver) { (void)receiver; }

void channel_closed_init(struct channel_closed *closed, struct channel *channel) {
    *closed = (struct channel_closed){.channel = channel};
    future_init(&closed->future, &unwritten);
}

/* STEP 6 of 6: back to the source.
 * Why:   a bound in the middle of a pipeline is worth nothing if its source runs on.
 * Goal:  forward: first the credit, then the value. It ends with its source, with its receiver, or with
 *        its task, and each time returns what it holds and says that it has finished.
 * Keep:  a source that is pending must not hide the close.
 * Check: make check U=15-streams STEP=6
 */
void forward_init(struct forward *forward, struct stream *source, struct channel *channel) {
    *forward = (struct forward){.channel = channel, .source = source};
    future_init(&forward->future, &unwritten);
}
