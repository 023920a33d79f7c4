/* barrier.c - pthread barriers.
 *
 * Source: POSIX.1-2017, pthread_barrier_init(), _destroy(), _wait().
 *
 * State: how many have arrived since the barrier was initialised. With a count of n, arrival number
 * k (from 0) belongs to round k / n, and the last of its round lets all of it pass: the others wait
 * for that one event, from which they learn what every arrival knew. The last is the one thread that
 * gets PTHREAD_BARRIER_SERIAL_THREAD.
 *
 * First word of the object's memory: n; 0 before init, -1 after destroy.
 */
#include <errno.h>
#include <limits.h>

#include "fault.h"
#include "sync.h"

static uint64_t count_of(const pthread_barrier_t *barrier, const char *call, uint64_t pc) {
    int mark = *(const int *)barrier;
    if (mark == MARK_DESTROYED) sync_misuse(call, "the barrier has been destroyed", pc);
    if (mark <= 0) sync_misuse(call, "the barrier has not been initialised", pc);
    return (uint64_t)mark;
}

static struct access use(const pthread_barrier_t *barrier, enum order order, enum label label,
                         uint64_t pc) {
    return sync_access(SPACE_BARRIER, barrier, order, label, pc);
}

API int __wrap_pthread_barrier_init(pthread_barrier_t *barrier,
                                    const pthread_barrierattr_t *attributes, unsigned count) {
    (void)attributes;
    if (count == 0 || count > INT_MAX) return EINVAL;
    sync_initialise(use(barrier, ORDER_RELAXED, LABEL_INIT, PC), sizeof *barrier, 0);
    *(int *)barrier = (int)count;
    return 0;
}

API int __wrap_pthread_barrier_destroy(pthread_barrier_t *barrier) {
    bool done;
    const char *call = "pthread_barrier_destroy";
    uint64_t count = count_of(barrier, call, PC);
    value_t arrived = op_rmw(use(barrier, ORDER_RELAXED, LABEL_DESTROY, PC),
                             (struct rmw){.op = RMW_EXCHANGE}, &done);
    sync_touch(barrier, PC);
    if ((uint64_t)arrived % count) sync_misuse(call, "destroyed while threads wait at it", PC);
    *(int *)barrier = MARK_DESTROYED;
    return 0;
}

static uint64_t awaited[MAX_THREADS]; /* arrivals that let the thread pass */
static int16_t arrival[MAX_THREADS];  /* its own */

/* Arrivals are a chain of read-modify-writes. */
static int round_is_full(void) {
    for (int at = arrival[run.me]; at >= 0; at = run.g->ev[at].mo_next)
        if ((uint64_t)run.g->ev[at].wval == awaited[run.me]) return at;
    return NONE;
}

API int __wrap_pthread_barrier_wait(pthread_barrier_t *barrier) {
    bool done;
    uint64_t count = count_of(barrier, "pthread_barrier_wait", PC);
    struct access a = use(barrier, ORDER_ACQ_REL, LABEL_BARRIER_WAIT, PC);
    uint64_t before = (uint64_t)op_rmw(a, (struct rmw){.op = RMW_ADD, .operand = 1}, &done);
    sync_touch(barrier, PC);
    awaited[run.me] = (before / count + 1) * count;
    if (before + 1 == awaited[run.me]) return PTHREAD_BARRIER_SERIAL_THREAD;
    arrival[run.me] = run.threads[run.me].last;
    op_join(round_is_full, (uintptr_t)barrier, LABEL_BARRIER_PASS, PC);
    return 0;
}
