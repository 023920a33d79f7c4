/* futex.c - sleeping on a word: what the kernel does, and futex.h of the workbook.
 *
 * Source: futex(2), Linux manual pages; Linux, kernel/futex/waitwake.c and requeue.c, for the order
 * in which waiters are woken, what is counted, and what is an error.
 *
 * State: the kernel's queue of the word, oldest waiter first. The kernel holds a lock on the queue
 * while a wait compares the word and enters, and while a wake takes threads out. What this lock is
 * for: a wait that comes behind a wake sees what the waker had stored before, and does not sleep. So
 * here a wait reads the word like any thread, and then enters the queue; that is forbidden if those
 * who were there before it knew a newer value than the one that it read. A wait that does not sleep
 * leaves no trace in the queue: it could read whatever it read at any place in the queue's order. A
 * wake always writes, though it find nobody, since it must carry what the waker knew. To the program
 * none of this is a happens-before edge.
 *
 * A requeue opens both queues, the second one first, and closes them in the other order: so whoever
 * sees a thread gone from the first finds it in the second.
 *
 * Memory that is not shared between processes has one queue per word and per kind, private or not:
 * a private wake does not find a thread that waits without FUTEX_PRIVATE_FLAG.
 */
#include "../include/futex.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>

#include "../include/panic.h"
#include "coherence.h"
#include "drive.h"
#include "fault.h"
#include "kernel.h"
#include "trespass.h"

static struct wish wishes[MAX_THREADS]; /* written by the waiter before it enters a queue */

static bool wakes(struct wish wake, int tid) {
    return wake.bits & wishes[tid].bits && wake.private == wishes[tid].private;
}

static value_t open_queue(const void *word, enum label label, uint64_t pc) {
    struct rmw rmw = {.op = RMW_OPEN, .guard = GUARD_NONE, .fail_order = ORDER_RELEASE};
    return queue_settle(op_open(queue_access(SPACE_FUTEX, word, ORDER_RELEASE, label, pc), rmw));
}

static uint32_t load_word(const void *word, uint64_t pc) {
    struct access a = sync_access(SPACE_MEMORY, word, ORDER_RELAXED, LABEL_FUTEX_WAIT, pc);
    a.size = 4;
    return (uint32_t)op_load(a);
}

/* The running thread has read the word by event `load` and then, last, the queue: has it read the
 * newest value that those knew who left the queue so? What they knew is never less further on in the
 * queue's order; so an old value stays too old. */
static bool is_up_to_date(int load) {
    const struct graph *g = run.g;
    const struct event *word = &g->ev[load], *queue = &g->ev[run.threads[run.me].last];
    if (queue->rf < 0) return true;
    struct clock known = word->hb;
    clock_join(&known, &g->ev[queue->rf].rel);
    int floor = coherence_floor(g, word->loc, &known);
    return graph_mo_pos(g, floor) <= graph_mo_pos(g, word->rf);
}

/* Open the queue of a word whose value was read by event `load`. A thread that has read too old a
 * value takes another look under a driver; in the search it stops: the executions in which it reads
 * a newer one are explored anyway. False: look again. */
static bool open_behind(const void *word, int load, enum label label, uint64_t pc, value_t *queue) {
    *queue = open_queue(word, label, pc);
    if (is_up_to_date(load)) return true;
    op_drop();
    if (!driver) sync_stop(label, word, pc);
    return false;
}

/* --- waiting ---------------------------------------------------------------------------------- */

/* A kernel holds the queue's lock from the look at the word on, so in a story nobody comes between. */
static void stay_together(int load) {
    int last = run.threads[run.me].last;
    if (last != load) run.g->ev[last].joined = true;
}

int kernel_sleep(const void *word, uint32_t expected, struct wish wish, uint64_t deadline,
                 bool interrupts, uint64_t pc) {
    int kind, load;
    value_t queue;
    do {
        if (load_word(word, pc) != expected) return EAGAIN;
        load = run.threads[run.me].last;
        enum ending ending = sync_ending(deadline, interrupts ? 2 : 1, &kind, pc);
        stay_together(load);
        if (ending == ENDS_TIMED_OUT) return ETIMEDOUT;
        if (ending == ENDS_SPURIOUS) return kind ? EINTR : 0;
    } while (!open_behind(word, load, LABEL_FUTEX_WAIT, pc, &queue));
    wishes[run.me] = wish;
    stay_together(load);
    int entered = op_close(queue_add(queue, run.me));
    sync_wait(word, entered, deadline, LABEL_FUTEX_WOKEN, pc);
    return 0;
}

/* --- waking ----------------------------------------------------------------------------------- */

/* Take up to n of those whom it wakes out of the queue. Returns how many. */
static int take(value_t *queue, int n, struct wish wake) {
    int taken = 0;
    for (int place = 0; place < queue_length(*queue) && taken < n;) {
        if (wakes(wake, queue_at(*queue, place))) {
            *queue = queue_remove(*queue, place);
            taken++;
        } else {
            place++;
        }
    }
    return taken;
}

int kernel_wake(const void *word, int n, struct wish wish, uint64_t pc) {
    value_t queue = open_queue(word, LABEL_FUTEX_WAKE, pc);
    int woken = take(&queue, n, wish);
    op_close(queue);
    return woken;
}

/* --- requeue ---------------------------------------------------------------------------------- */

static int move(value_t *from, value_t *to, const struct requeue *r) {
    int moved = 0;
    for (int place = 0; place < queue_length(*from) && moved < r->move;) {
        int tid = queue_at(*from, place);
        if (!wakes(r->wish, tid)) {
            place++;
            continue;
        }
        *from = queue_mark_moved(queue_remove(*from, place), tid);
        *to = queue_add(*to, tid);
        moved++;
    }
    return moved;
}

/* Open the queue that threads are taken from. False: the word has changed. */
static bool open_source(const struct requeue *r, value_t *queue, uint64_t pc) {
    int load;
    if (!r->compare) {
        *queue = open_queue(r->from, LABEL_FUTEX_WAKE, pc);
        return true;
    }
    do {
        if (load_word(r->from, pc) != r->expected) return false;
        load = run.threads[run.me].last;
    } while (!open_behind(r->from, load, LABEL_FUTEX_WAKE, pc, queue));
    return true;
}

/* Onto the same word: those who would be moved stay, and count. */
static int requeue_in_place(const struct requeue *r, uint64_t pc) {
    value_t queue;
    if (!open_source(r, &queue, pc)) return -EAGAIN;
    int touched = take(&queue, r->wake, r->wish), left = 0;
    op_close(queue);
    for (int place = 0; place < queue_length(queue) && left < r->move; place++)
        left += wakes(r->wish, queue_at(queue, place));
    return touched + left;
}

int kernel_requeue(const struct requeue *r, uint64_t pc) {
    value_t from;
    if (r->from == r->to) return requeue_in_place(r, pc);
    value_t to = open_queue(r->to, LABEL_FUTEX_WAKE, pc);
    if (!open_source(r, &from, pc)) {
        op_drop();
        return -EAGAIN;
    }
    int touched = take(&from, r->wake, r->wish);
    touched += move(&from, &to, r);
    op_close(from);
    op_close(to);
    return touched;
}

/* --- futex.h and panic.h of the workbook ------------------------------------------------------ */

static const struct wish any = {FUTEX_BITSET_MATCH_ANY, true};

static void must_be_word(const char *function, const futex_word *word, uint64_t pc) {
    trespass_check(word, sizeof *word, pc);
    if (!kernel_is_word((const void *)word))
        sync_misuse(function, "the word must be a 32-bit aligned object in memory of this process",
                    pc);
}

static enum futex_wait_result wait_until(futex_word *word, uint32_t expected, uint64_t deadline,
                                         uint64_t pc) {
    int before = errno;
    must_be_word("futex_wait", word, pc);
    int error = kernel_sleep((const void *)word, expected, any, deadline, false, pc);
    errno = before;
    return error == EAGAIN ? FUTEX_CHANGED : error == ETIMEDOUT ? FUTEX_TIMED_OUT : FUTEX_WOKEN;
}

API enum futex_wait_result futex_wait_until(futex_word *word, uint32_t expected,
                                            uint64_t deadline_ns) {
    uint64_t deadline;
    struct timespec at = {.tv_sec = (time_t)(deadline_ns / 1000000000u),
                          .tv_nsec = (long)(deadline_ns % 1000000000u)};
    time_deadline(CLOCK_MONOTONIC, deadline_ns == FUTEX_FOREVER ? NULL : &at, &deadline);
    return wait_until(word, expected, deadline, PC);
}

API enum futex_wait_result futex_wait(futex_word *word, uint32_t expected) {
    return wait_until(word, expected, NO_DEADLINE, PC);
}

API uint32_t futex_wake(futex_word *word, uint32_t count) {
    must_be_word("futex_wake", word, PC);
    if (count == 0) return 0;
    return (uint32_t)kernel_wake((const void *)word, count > INT_MAX ? INT_MAX : (int)count, any,
                                 PC);
}

API _Noreturn void panic(const char *function, const char *rule) {
    trespass_check(function, 1, PC); /* what they point to goes into a report */
    trespass_check(rule, 1, PC);
    fault_raise(FAULT_PANIC, PC, "%s: %s", function, rule);
}
