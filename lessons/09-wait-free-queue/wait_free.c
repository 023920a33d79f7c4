/* wait_free.c - lesson 09: three objects whose operations wait for nobody. You fill it in.
 *
 * It compiles as it stands, and promises nothing yet: whatever you push is refused, whatever you
 * pop is not there. wait_free.h holds the contract; README.md walks the way; attempts/ holds the
 * wrong turnings, complete, each with the verdict that it gets. Work from STEP 1 to STEP 4.
 * `make check U=09-wait-free-queue` runs them all.
 *
 * What you may use: <stdatomic.h> with the _explicit forms only, and panic.h. Helpers of your own
 * are welcome; make them static.
 *
 * Before you write a loop, write down what ends it. "Another thread has succeeded" is the answer of
 * a lock-free algorithm. Here the answer must be a number.
 */
#include "wait_free.h"

#include "panic.h"

/* STEP 1 of 4: a ring for two.
 * Why:   with one producer and one consumer nobody competes for an index, so nobody has to try
 *        again. Each side writes one index and reads the other.
 * Goal:  a ring of `capacity` slots, all of them usable. Values come out once each, in order. Each
 *        operation is a handful of steps, without a loop. ring_init panics at a bad capacity.
 * Keep:  I1 (head <= tail <= head + capacity). What you remember of the other side's index may be
 *        old; say why an old one does no harm.
 * Edge:  [R1] push -> the pop that takes its value. [R2] pop -> the push that uses its slot again.
 * Check: make check U=09-wait-free-queue STEP=1
 */
void ring_init(struct ring *ring, uint64_t *slots, uint64_t capacity) {
    *ring = (struct ring){.slots = slots, .capacity = capacity};
}

bool ring_push(struct ring *ring, uint64_t value) {
    (void)ring, (void)value;
    return false;
}

bool ring_pop(struct ring *ring, uint64_t *value) {
    (void)ring, (void)value;
    return false;
}

/* STEP 2 of 4: announce, and help.
 * Why:   a thread that only ever works for itself can be beaten for ever. One that says what it
 *        wants can be helped; and if all help all, whoever beats it does its work.
 * Goal:  quota_take and quota_give are linearizable, and each is done after a fixed number of
 *        attempts. Write down why so many are enough, before you choose the number.
 * Keep:  I3 (a request takes effect once, whoever carries it out, and gets one answer). I4 (who
 *        changes the state has read the announcements after the state that it replaces).
 * Edge:  [A1] announcement -> whoever acts on it. Then ask which shape the two threads make that
 *        announce and look, and which order forbids it.
 * Check: make check U=09-wait-free-queue STEP=2
 */
void quota_init(struct quota *quota, unsigned units, int threads) {
    (void)units;
    quota->threads = threads;
}

bool quota_take(struct quota *quota, int me) {
    (void)quota, (void)me;
    return false;
}

void quota_give(struct quota *quota, int me) { (void)quota, (void)me; }

/* STEP 3 of 4: push in turn.
 * Why:   in Michael and Scott's queue all who push try to hang their own node behind the last one;
 *        one succeeds, the others begin again. Here everybody tries to hang up the same node.
 * Goal:  queue_push appends its node after at most as many turns as there are registered threads.
 *        It returns false, at once and without effect, if this thread's nodes are used up.
 * Keep:  I5 (tail is the last node, or the one before it). I6 (a node's request is taken down
 *        before tail moves away from it, or somebody appends it twice). I7 (behind a node of thread
 *        t comes the request of t + 1, t + 2, ...: a turn, so that nobody is passed over for ever).
 * Edge:  [Q1] push -> the pop that takes its value.
 * Check: make check U=09-wait-free-queue STEP=3
 */
void queue_init(struct queue *queue, struct queue_node *nodes, uint32_t per_thread, int threads) {
    queue->nodes = nodes;
    queue->per_thread = per_thread;
    queue->threads = threads;
}

bool queue_push(struct queue *queue, int me, uint64_t value) {
    (void)queue, (void)me, (void)value;
    return false;
}

/* STEP 4 of 4: pop in turn.
 * Why:   a pop is harder to help than a push: its answer must reach the thread that asked, and "it
 *        is empty" is an answer, too, which may be out of date when it arrives.
 * Goal:  queue_pop returns after at most as many turns as there are registered threads, with a
 *        value that no other pop gets, or with false if the queue was empty at one moment of it.
 * Keep:  I7, for those who ask. I8 (head moves to a node only when it has been given to its
 *        popper). Whoever gives up takes its request down, and then looks once more whether
 *        somebody had begun to grant it.
 * Edge:  [Q1], also when a third thread carries the value across.
 * Check: make check U=09-wait-free-queue STEP=4
 */
bool queue_pop(struct queue *queue, int me, uint64_t *value) {
    (void)queue, (void)me, (void)value;
    return false;
}
