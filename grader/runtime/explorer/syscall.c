/* syscall.c - syscall(): the futex operations, and the names of what is not modelled.
 *
 * Source: futex(2), syscalls(2), Linux manual pages.
 */
#include <errno.h>
#include <linux/futex.h>
#include <stdarg.h>
#include <sys/syscall.h>

#include "fault.h"
#include "kernel.h"

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

static long call_wait(const struct call *c, const struct timespec *timeout) {
    uint64_t deadline;
    bool absolute = (c->op & FUTEX_CMD_MASK) == FUTEX_WAIT_BITSET;
    clockid_t clock = c->op & FUTEX_CLOCK_REALTIME ? CLOCK_REALTIME : CLOCK_MONOTONIC;
    bool valid =
        absolute ? time_deadline(clock, timeout, &deadline) : time_after(timeout, &deadline);
    if (!valid || !c->wish.bits) return result(-EINVAL);
    return result(-kernel_sleep(c->word, c->value, c->wish, deadline, true, c->pc));
}

/* The kernel wakes one, and then asks whether that was enough: never none. */
static long call_wake(const struct call *c) {
    int n = (int)c->value;
    if (!c->wish.bits) return result(-EINVAL);
    return kernel_wake(c->word, n < 1 ? 1 : n, c->wish, c->pc);
}

static long call_requeue(const struct call *c, long move, const void *to, uint32_t expected) {
    struct requeue r = {.from = c->word,
                        .to = to,
                        .wake = (int)c->value,
                        .move = (int)move,
                        .compare = (c->op & FUTEX_CMD_MASK) == FUTEX_CMP_REQUEUE,
                        .expected = expected,
                        .wish = c->wish};
    if (!kernel_is_word(to) || r.wake < 0 || r.move < 0) return result(-EINVAL);
    return result(kernel_requeue(&r, c->pc));
}

/* syscall(SYS_futex, word, op, value, timeout or count, other word, other value); no argument is
 * read that the operation does not have. */
static long call_futex(va_list rest, uint64_t pc) {
    struct call c = {.word = va_arg(rest, const void *), .pc = pc};
    c.op = (int)va_arg(rest, long);
    c.value = (uint32_t)va_arg(rest, long);
    c.wish = (struct wish){FUTEX_BITSET_MATCH_ANY, c.op & FUTEX_PRIVATE_FLAG};
    int command = c.op & FUTEX_CMD_MASK;
    if (!kernel_is_word(c.word)) return result(c.word ? -EINVAL : -EFAULT);
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
