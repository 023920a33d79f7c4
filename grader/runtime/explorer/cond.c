/* cond.c - condition variables.
 *
 * Source: POSIX.1-2017, pthread_cond_init(), _destroy(), _wait(), _timedwait(), _signal(),
 * _broadcast(); pthread_cond_clockwait() of glibc 2.30; C17 7.26.3.
 *
 * State: the queue of those who wait (sync.h). A wait enters the queue and then lets the mutex go:
 * whoever takes the mutex behind it knows of the waiter, so that the two are one step for him, as
 * POSIX demands. A signal takes out one waiter; which one is a choice. A signal that finds nobody
 * leaves no trace but its read. None of this gives a happens-before edge: the mutex does (C17
 * 7.26.3 names none, and a wakeup may be spurious).
 *
 * First word of the object's memory: its clock, CLOCK_REALTIME (0, as a static initialiser leaves
 * it) or CLOCK_MONOTONIC (1); -1 after destroy.
 */
#include <errno.h>

#include "fault.h"
#include "sync.h"

static clockid_t clock_of(const pthread_cond_t *cond, const char *call, uint64_t pc) {
    int mark = *(const int *)cond;
    if (mark == MARK_DESTROYED) sync_misuse(call, "the condition variable has been destroyed", pc);
    if (mark != CLOCK_REALTIME && mark != CLOCK_MONOTONIC)
        sync_misuse(call, "the condition variable has not been initialised", pc);
    return mark;
}

static value_t open_queue(pthread_cond_t *cond, enum label label, uint64_t pc) {
    struct rmw rmw = {.op = RMW_OPEN, .guard = GUARD_NONE, .fail_order = ORDER_RELAXED};
    value_t queue = op_open(queue_access(SPACE_COND, cond, ORDER_RELAXED, label, pc), rmw);
    return queue_settle(queue);
}

void cond_initialise(pthread_cond_t *cond, clockid_t clock, uint64_t pc) {
    struct access a = queue_access(SPACE_COND, cond, ORDER_RELAXED, LABEL_INIT, pc);
    sync_initialise(a, sizeof *cond, 0);
    *(int *)cond = clock;
}

void cond_destroy(pthread_cond_t *cond, const char *call, uint64_t pc) {
    clock_of(cond, call, pc);
    value_t queue = open_queue(cond, LABEL_DESTROY, pc);
    if (queue_length(queue))
        fault_raise(FAULT_MISUSE, pc, "%s: destroyed while thread %d waits on it", call,
                    queue_at(queue, 0));
    op_close(0);
    sync_touch(cond, pc);
    *(int *)cond = MARK_DESTROYED;
}

static int enter_queue(pthread_cond_t *cond, uint64_t pc) {
    value_t queue = open_queue(cond, LABEL_COND_WAIT, pc);
    return op_close(queue_add(queue, run.me));
}

int cond_wait(pthread_cond_t *cond, pthread_mutex_t *mutex, uint64_t deadline, const char *call,
              uint64_t pc) {
    int entered = NONE, kind;
    clock_of(cond, call, pc);
    if (!mutex_is_mine(mutex)) {
        int error = mutex_release(mutex, call, pc); /* says who holds it, if that is a fault */
        if (error) return error;
    }
    enum ending ending = sync_ending(deadline, 1, &kind, pc);
    if (ending == ENDS_WOKEN) entered = enter_queue(cond, pc);
    sync_touch(cond, pc);
    mutex_release(mutex, call, pc);
    if (ending == ENDS_WOKEN) sync_wait(cond, entered, deadline, LABEL_COND_WOKEN, pc);
    mutex_acquire(mutex, NO_DEADLINE, call, pc);
    return ending == ENDS_TIMED_OUT ? ETIMEDOUT : 0;
}

void cond_signal(pthread_cond_t *cond, const char *call, uint64_t pc) {
    clock_of(cond, call, pc);
    value_t queue = open_queue(cond, LABEL_COND_SIGNAL, pc);
    int n = queue_length(queue);
    if (n)
        op_close(queue_remove(queue, n > 1 ? op_choice(n, LABEL_WAITER, pc) : 0));
    else
        op_drop();
    sync_touch(cond, pc);
}

void cond_broadcast(pthread_cond_t *cond, const char *call, uint64_t pc) {
    clock_of(cond, call, pc);
    value_t queue = open_queue(cond, LABEL_COND_BROADCAST, pc);
    if (queue_length(queue))
        op_close(0);
    else
        op_drop();
    sync_touch(cond, pc);
}

/* --- what programs call ----------------------------------------------------------------------- */

API int __wrap_pthread_cond_init(pthread_cond_t *cond, const pthread_condattr_t *attributes) {
    clockid_t clock = CLOCK_REALTIME;
    if (attributes) pthread_condattr_getclock(attributes, &clock);
    cond_initialise(cond, clock, PC);
    return 0;
}

API int __wrap_pthread_cond_destroy(pthread_cond_t *cond) {
    cond_destroy(cond, "pthread_cond_destroy", PC);
    return 0;
}

API int __wrap_pthread_cond_wait(pthread_cond_t *cond, pthread_mutex_t *mutex) {
    return cond_wait(cond, mutex, NO_DEADLINE, "pthread_cond_wait", PC);
}

API int __wrap_pthread_cond_timedwait(pthread_cond_t *cond, pthread_mutex_t *mutex,
                                      const struct timespec *until) {
    uint64_t deadline;
    const char *call = "pthread_cond_timedwait";
    if (!time_deadline(clock_of(cond, call, PC), until, &deadline)) return EINVAL;
    return cond_wait(cond, mutex, deadline, call, PC);
}

API int __wrap_pthread_cond_clockwait(pthread_cond_t *cond, pthread_mutex_t *mutex, clockid_t clock,
                                      const struct timespec *until) {
    uint64_t deadline;
    if (!time_deadline(clock, until, &deadline)) return EINVAL;
    return cond_wait(cond, mutex, deadline, "pthread_cond_clockwait", PC);
}

API int __wrap_pthread_cond_signal(pthread_cond_t *cond) {
    cond_signal(cond, "pthread_cond_signal", PC);
    return 0;
}

API int __wrap_pthread_cond_broadcast(pthread_cond_t *cond) {
    cond_broadcast(cond, "pthread_cond_broadcast", PC);
    return 0;
}
