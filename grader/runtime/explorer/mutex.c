/* mutex.c - pthread mutexes: normal, recursive, error-checking.
 *
 * Source: POSIX.1-2017, pthread_mutex_init(), _destroy(), _lock(), _trylock(), _unlock(),
 * _timedlock(); pthread_mutexattr_settype(); pthread_mutex_clocklock() of glibc 2.30.
 *
 * State: 0 free, else the holder's number + 1. A lock is an acquire exchange that waits for 0, an
 * unlock a release store, which the holder alone can make: nobody else can change the state
 * meanwhile.
 *
 * The object's own memory has glibc's layout, so that the static initialisers of every type work:
 * __kind (0 to 3; -1 after destroy, as in glibc), and, written by the holder only, __owner and
 * __count. A thread that finds its own number there holds the mutex.
 */
#include <errno.h>
#include <limits.h>

#include "fault.h"
#include "sync.h"

static int kind_of(const pthread_mutex_t *mutex, const char *call, uint64_t pc) {
    int kind = mutex->__data.__kind;
    if (kind == MARK_DESTROYED) sync_misuse(call, "the mutex has been destroyed", pc);
    if (kind & ~3) sync_misuse(call, "the mutex has not been initialised", pc);
    return kind;
}

bool mutex_is_mine(const pthread_mutex_t *mutex) { return mutex->__data.__owner == run.me + 1; }

void mutex_initialise(pthread_mutex_t *mutex, int kind, uint64_t pc) {
    struct access a = sync_access(SPACE_MUTEX, mutex, ORDER_RELAXED, LABEL_INIT, pc);
    sync_initialise(a, sizeof *mutex, 0);
    mutex->__data.__kind = kind;
}

void mutex_destroy(pthread_mutex_t *mutex, const char *call, uint64_t pc) {
    bool done;
    kind_of(mutex, call, pc);
    struct access a = sync_access(SPACE_MUTEX, mutex, ORDER_RELAXED, LABEL_DESTROY, pc);
    value_t holder = op_rmw(a, (struct rmw){.op = RMW_EXCHANGE}, &done);
    sync_touch(mutex, pc);
    if (holder)
        fault_raise(FAULT_MISUSE, pc, "%s: destroyed while held, by thread %d", call,
                    (int)holder - 1);
    mutex->__data.__kind = MARK_DESTROYED;
}

/* --- locking ---------------------------------------------------------------------------------- */

/* The caller holds it already. -1: it must wait, for ever. */
static int relock(pthread_mutex_t *mutex, int kind, bool waits) {
    if (kind == PTHREAD_MUTEX_RECURSIVE) {
        if (mutex->__data.__count == UINT_MAX) return EAGAIN;
        mutex->__data.__count++;
        return 0;
    }
    if (!waits) return EBUSY;
    return kind == PTHREAD_MUTEX_ERRORCHECK ? EDEADLK : -1;
}

static void becomes_mine(pthread_mutex_t *mutex) {
    mutex->__data.__owner = run.me + 1;
    mutex->__data.__count = 1;
}

static struct rmw take_it(void) {
    return (struct rmw){
        .op = RMW_EXCHANGE, .operand = (value_t)run.me + 1, .guard = GUARD_EQ, .guard_arg = 0};
}

int mutex_acquire(pthread_mutex_t *mutex, uint64_t deadline, const char *call, uint64_t pc) {
    int kind = kind_of(mutex, call, pc);
    int known = mutex_is_mine(mutex) ? relock(mutex, kind, true) : -1;
    if (known >= 0) return known;
    struct access a = sync_access(SPACE_MUTEX, mutex, ORDER_ACQUIRE, LABEL_MUTEX_LOCK, pc);
    bool held = sync_acquire(a, take_it(), deadline);
    sync_touch(mutex, pc);
    if (!held) return ETIMEDOUT;
    becomes_mine(mutex);
    return 0;
}

int mutex_try(pthread_mutex_t *mutex, const char *call, uint64_t pc) {
    int kind = kind_of(mutex, call, pc);
    if (mutex_is_mine(mutex)) return relock(mutex, kind, false);
    struct access a = sync_access(SPACE_MUTEX, mutex, ORDER_ACQUIRE, LABEL_MUTEX_TRYLOCK, pc);
    bool held = sync_try(a, take_it());
    sync_touch(mutex, pc);
    if (!held) return EBUSY;
    becomes_mine(mutex);
    return 0;
}

/* POSIX leaves it undefined for a normal mutex; the others return an error. */
static int not_mine(const pthread_mutex_t *mutex, int kind, const char *call, uint64_t pc) {
    if (kind == PTHREAD_MUTEX_RECURSIVE || kind == PTHREAD_MUTEX_ERRORCHECK) return EPERM;
    if (!mutex->__data.__owner) sync_misuse(call, "nobody holds the mutex", pc);
    fault_raise(FAULT_MISUSE, pc, "%s: unlock by another thread: thread %d holds the mutex", call,
                mutex->__data.__owner - 1);
}

int mutex_release(pthread_mutex_t *mutex, const char *call, uint64_t pc) {
    int kind = kind_of(mutex, call, pc);
    if (!mutex_is_mine(mutex)) return not_mine(mutex, kind, call, pc);
    if (--mutex->__data.__count) return 0;
    op_store(sync_access(SPACE_MUTEX, mutex, ORDER_RELEASE, LABEL_MUTEX_UNLOCK, pc), 0);
    sync_touch(mutex, pc);
    mutex->__data.__owner = 0;
    return 0;
}

/* --- what programs call ----------------------------------------------------------------------- */

API int __wrap_pthread_mutex_init(pthread_mutex_t *mutex, const pthread_mutexattr_t *attributes) {
    int kind = PTHREAD_MUTEX_DEFAULT, robust = PTHREAD_MUTEX_STALLED;
    if (attributes) {
        pthread_mutexattr_gettype(attributes, &kind);
        pthread_mutexattr_getrobust(attributes, &robust);
    }
    if (robust != PTHREAD_MUTEX_STALLED) fault_not_modelled("a robust mutex", PC);
    mutex_initialise(mutex, kind, PC);
    return 0;
}

API int __wrap_pthread_mutex_destroy(pthread_mutex_t *mutex) {
    mutex_destroy(mutex, "pthread_mutex_destroy", PC);
    return 0;
}

API int __wrap_pthread_mutex_lock(pthread_mutex_t *mutex) {
    return mutex_acquire(mutex, NO_DEADLINE, "pthread_mutex_lock", PC);
}

API int __wrap_pthread_mutex_trylock(pthread_mutex_t *mutex) {
    return mutex_try(mutex, "pthread_mutex_trylock", PC);
}

API int __wrap_pthread_mutex_clocklock(pthread_mutex_t *mutex, clockid_t clock,
                                       const struct timespec *until) {
    uint64_t deadline;
    if (!time_deadline(clock, until, &deadline)) return EINVAL;
    return mutex_acquire(mutex, deadline, "pthread_mutex_clocklock", PC);
}

API int __wrap_pthread_mutex_timedlock(pthread_mutex_t *mutex, const struct timespec *until) {
    uint64_t deadline;
    if (!time_deadline(CLOCK_REALTIME, until, &deadline)) return EINVAL;
    return mutex_acquire(mutex, deadline, "pthread_mutex_timedlock", PC);
}

API int __wrap_pthread_mutex_unlock(pthread_mutex_t *mutex) {
    return mutex_release(mutex, "pthread_mutex_unlock", PC);
}
