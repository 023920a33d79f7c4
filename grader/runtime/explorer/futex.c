/* futex.c - sleeping on a word: syscall(SYS_futex, ...), and futex.h of the workbook.
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
#include <stdarg.h>
#include <sys/syscall.h>

#include "../include/panic.h"
#include "coherence.h"
#include "drive.h"
#include "fault.h"
#include "sync.h"

/* What each waiter waits for; written by the waiter before it enters a queue. */
static struct wish {
    uint32_t bits;
    bool private;
} wishes[MAX_THREADS];

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

/* 0, EAGAIN, ETIMEDOUT; EINTR if `interrupts`: a spurious wakeup may then show in two ways. */
static int futex_sleep(const void *word, uint32_t expected, struct wish wish, uint64_t deadline,
                       bool interrupts, uint64_t pc) {
    int kind, load;
    value_t queue;
    do {
        if (load_word(word, pc) != expected) return EAGAIN;
        load = run.threads[run.me].last;
        enum ending ending = sync_ending(deadline, interrupts ? 2 : 1, &kind, pc);
        if (ending == ENDS_TIMED_OUT) return ETIMEDOUT;
        if (ending == ENDS_SPURIOUS) return kind ? EINTR : 0;
    } while (!open_behind(word, load, LABEL_FUTEX_WAIT, pc, &queue));
    wishes[run.me] = wish;
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

static int wake(const void *word, int n, struct wish wish, uint64_t pc) {
    value_t queue = open_queue(word, LABEL_FUTEX_WAKE, pc);
    int woken = take(&queue, n, wish);
    op_close(queue);
    return woken;
}

/* --- requeue ---------------------------------------------------------------------------------- */

struct requeue {
    const void *from, *to;
    int wake, move; /* at most so many */
    bool compare;
    uint32_t expected;
    struct wish wish;
};

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

/* -EAGAIN: the word has changed. */
static int requeue(const struct requeue *r, uint64_t pc) {
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

/* --- the system call -------------------------------------------------------------------------- */

static long result(int n) {
    if (n >= 0) return n;
    errno = -n;
    return -1;
}

struct call {
    const void *word;
    int op;
    uint32_t value;
    struct wish wish;
    uint64_t pc;
};

static bool is_word(const void *word) { return word && ((uintptr_t)word & 3) == 0; }

static long call_wait(const struct call *c, const struct timespec *timeout) {
    uint64_t deadline;
    bool absolute = (c->op & FUTEX_CMD_MASK) == FUTEX_WAIT_BITSET;
    clockid_t clock = c->op & FUTEX_CLOCK_REALTIME ? CLOCK_REALTIME : CLOCK_MONOTONIC;
    bool valid =
        absolute ? time_deadline(clock, timeout, &deadline) : time_after(timeout, &deadline);
    if (!valid || !c->wish.bits) return result(-EINVAL);
    return result(-futex_sleep(c->word, c->value, c->wish, deadline, true, c->pc));
}

/* The kernel wakes one, and then asks whether that was enough: never none. */
static long call_wake(const struct call *c) {
    int n = (int)c->value;
    if (!c->wish.bits) return result(-EINVAL);
    return wake(c->word, n < 1 ? 1 : n, c->wish, c->pc);
}

static long call_requeue(const struct call *c, long move, const void *to, uint32_t expected) {
    struct requeue r = {.from = c->word,
                        .to = to,
                        .wake = (int)c->value,
                        .move = (int)move,
                        .compare = (c->op & FUTEX_CMD_MASK) == FUTEX_CMP_REQUEUE,
                        .expected = expected,
                        .wish = c->wish};
    if (!is_word(to) || r.wake < 0 || r.move < 0) return result(-EINVAL);
    return result(requeue(&r, c->pc));
}

/* syscall(SYS_futex, word, op, value, timeout or count, other word, other value); no argument is
 * read that the operation does not have. */
static long call_futex(va_list rest, uint64_t pc) {
    struct call c = {.word = va_arg(rest, const void *), .pc = pc};
    c.op = (int)va_arg(rest, long);
    c.value = (uint32_t)va_arg(rest, long);
    c.wish = (struct wish){FUTEX_BITSET_MATCH_ANY, c.op & FUTEX_PRIVATE_FLAG};
    int command = c.op & FUTEX_CMD_MASK;
    if (!is_word(c.word)) return result(c.word ? -EINVAL : -EFAULT);
    if (command == FUTEX_WAKE) return call_wake(&c);
    if (command == FUTEX_WAIT) return call_wait(&c, va_arg(rest, const struct timespec *));
    long fourth = va_arg(rest, long);
    const void *other = va_arg(rest, const void *);
    uint32_t last = command == FUTEX_REQUEUE ? 0 : (uint32_t)va_arg(rest, long);
    switch (command) {
    case FUTEX_WAIT_BITSET: c.wish.bits = last; return call_wait(&c, (const void *)fourth);
    case FUTEX_WAKE_BITSET: c.wish.bits = last; return call_wake(&c);
    case FUTEX_REQUEUE:
    case FUTEX_CMP_REQUEUE: return call_requeue(&c, fourth, other, last);
    default: fault_raise(FAULT_NOT_MODELLED, pc, "not modelled: futex operation %d", command);
    }
}

static const char *name_of(long number) {
    static const struct {
        long number;
        const char *name;
    } names[] = {
        {SYS_read, "read"},
        {SYS_write, "write"},
        {SYS_open, "open"},
        {SYS_openat, "openat"},
        {SYS_close, "close"},
        {SYS_poll, "poll"},
        {SYS_mmap, "mmap"},
        {SYS_munmap, "munmap"},
        {SYS_mprotect, "mprotect"},
        {SYS_clone, "clone"},
        {SYS_clone3, "clone3"},
        {SYS_fork, "fork"},
        {SYS_vfork, "vfork"},
        {SYS_execve, "execve"},
        {SYS_exit, "exit"},
        {SYS_exit_group, "exit_group"},
        {SYS_kill, "kill"},
        {SYS_tkill, "tkill"},
        {SYS_tgkill, "tgkill"},
        {SYS_getpid, "getpid"},
        {SYS_pipe2, "pipe2"},
        {SYS_eventfd2, "eventfd2"},
        {SYS_epoll_wait, "epoll_wait"},
        {SYS_membarrier, "membarrier"},
        {SYS_rseq, "rseq"},
        {SYS_io_uring_setup, "io_uring_setup"},
        {SYS_io_uring_enter, "io_uring_enter"},
        {SYS_getrandom, "getrandom"},
        {SYS_futex_waitv, "futex_waitv"},
    };
    for (size_t at = 0; at < sizeof names / sizeof *names; at++)
        if (names[at].number == number) return names[at].name;
    return "?";
}

API long __wrap_syscall(long number, ...) {
    va_list rest;
    if (number == SYS_gettid) return run.me + 1;
    if (number == SYS_sched_yield) {
        yield_step(PC);
        return 0;
    }
    if (number != SYS_futex)
        fault_raise(FAULT_NOT_MODELLED, PC, "not modelled: the system call %s (number %ld)",
                    name_of(number), number);
    va_start(rest, number);
    long answer = call_futex(rest, PC);
    va_end(rest);
    return answer;
}

API int __wrap_gettid(void) { return run.me + 1; }

/* --- futex.h and panic.h of the workbook ------------------------------------------------------ */

static const struct wish any = {FUTEX_BITSET_MATCH_ANY, true};

static void must_be_word(const char *function, const futex_word *word, uint64_t pc) {
    if (!is_word((const void *)word))
        sync_misuse(function, "the word must be a 32-bit aligned object in memory of this process",
                    pc);
}

static enum futex_wait_result wait_until(futex_word *word, uint32_t expected, uint64_t deadline,
                                         uint64_t pc) {
    int before = errno;
    must_be_word("futex_wait", word, pc);
    int error = futex_sleep((const void *)word, expected, any, deadline, false, pc);
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
    return (uint32_t)wake((const void *)word, count > INT_MAX ? INT_MAX : (int)count, any, PC);
}

API _Noreturn void panic(const char *function, const char *rule) {
    fault_raise(FAULT_PANIC, PC, "%s: %s", function, rule);
}
