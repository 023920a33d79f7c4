/* sem.c - unnamed semaphores.
 *
 * Source: POSIX.1-2017, sem_init(), sem_destroy(), sem_wait(), sem_trywait(), sem_timedwait(),
 * sem_post(), sem_getvalue(); sem_clockwait() of glibc 2.30.
 *
 * State: the value. A wait is an acquire decrement that waits for a value above 0, a post a release
 * increment. There is no static initialiser; the first word of the object's memory says whether it
 * was initialised.
 */
#include <errno.h>
#include <limits.h>
#include <semaphore.h>

#include "fault.h"
#include "sync.h"

enum { READY = 0x53454D };

static void must_be_ready(const sem_t *sem, const char *call, uint64_t pc) {
    int mark = *(const int *)sem;
    if (mark == MARK_DESTROYED) sync_misuse(call, "the semaphore has been destroyed", pc);
    if (mark != READY) sync_misuse(call, "the semaphore has not been initialised", pc);
}

static struct access use(const sem_t *sem, enum order order, enum label label, uint64_t pc) {
    return sync_access(SPACE_SEM, sem, order, label, pc);
}

static int fail(int error) {
    errno = error;
    return -1;
}

static struct rmw take_one(void) {
    return (struct rmw){.op = RMW_SUB, .operand = 1, .guard = GUARD_NE, .guard_arg = 0};
}

static int wait(sem_t *sem, uint64_t deadline, const char *call, uint64_t pc) {
    must_be_ready(sem, call, pc);
    bool taken = sync_acquire(use(sem, ORDER_ACQUIRE, LABEL_SEM_WAIT, pc), take_one(), deadline);
    sync_touch(sem, pc);
    return taken ? 0 : fail(ETIMEDOUT);
}

API int __wrap_sem_init(sem_t *sem, int shared, unsigned value) {
    (void)shared;
    if (value > INT_MAX) return fail(EINVAL);
    sync_initialise(use(sem, ORDER_RELAXED, LABEL_INIT, PC), sizeof *sem, value);
    *(int *)sem = READY;
    return 0;
}

API int __wrap_sem_destroy(sem_t *sem) {
    must_be_ready(sem, "sem_destroy", PC);
    sync_touch(sem, PC);
    *(int *)sem = MARK_DESTROYED;
    return 0;
}

API int __wrap_sem_wait(sem_t *sem) { return wait(sem, NO_DEADLINE, "sem_wait", PC); }

API int __wrap_sem_trywait(sem_t *sem) {
    must_be_ready(sem, "sem_trywait", PC);
    bool taken = sync_try(use(sem, ORDER_ACQUIRE, LABEL_SEM_TRYWAIT, PC), take_one());
    sync_touch(sem, PC);
    return taken ? 0 : fail(EAGAIN);
}

API int __wrap_sem_clockwait(sem_t *sem, clockid_t clock, const struct timespec *until) {
    uint64_t deadline;
    if (!time_deadline(clock, until, &deadline)) return fail(EINVAL);
    return wait(sem, deadline, "sem_clockwait", PC);
}

API int __wrap_sem_timedwait(sem_t *sem, const struct timespec *until) {
    uint64_t deadline;
    if (!time_deadline(CLOCK_REALTIME, until, &deadline)) return fail(EINVAL);
    return wait(sem, deadline, "sem_timedwait", PC);
}

API int __wrap_sem_post(sem_t *sem) {
    bool done;
    must_be_ready(sem, "sem_post", PC);
    struct access a = use(sem, ORDER_RELEASE, LABEL_SEM_POST, PC);
    value_t was = op_rmw(a, (struct rmw){.op = RMW_ADD, .operand = 1}, &done);
    sync_touch(sem, PC);
    if (was < INT_MAX) return 0;
    op_rmw(a, (struct rmw){.op = RMW_SUB, .operand = 1}, &done);
    return fail(EOVERFLOW);
}

API int __wrap_sem_getvalue(sem_t *sem, int *value) {
    must_be_ready(sem, "sem_getvalue", PC);
    *value = (int)op_load(use(sem, ORDER_RELAXED, LABEL_SEM_GET, PC));
    sync_touch(sem, PC);
    return 0;
}
