/* rwlock.c - read-write locks, without preference for either side.
 *
 * Source: POSIX.1-2017, pthread_rwlock_init(), _destroy(), _rdlock(), _wrlock(), _tryrdlock(),
 * _trywrlock(), _timedrdlock(), _timedwrlock(), _unlock(); the clock forms of glibc 2.30.
 *
 * bits of the state   meaning
 * 0-7                 the writer's number + 1, or 0
 * 8-                  read locks that are held
 *
 * The object's own memory says what each thread holds; each part is written by that thread only. A
 * static initialiser leaves the first 24 bytes 0. A thread that holds the lock for writing and asks
 * for it again gets EDEADLK, as from glibc (POSIX allows it, and a deadlock too); one that holds it
 * for reading and asks to write waits for itself.
 */
#include <errno.h>

#include "fault.h"
#include "sync.h"

enum { WRITER = 0xFF, READER = 0x100 };

struct holders {
    int mark;
    int writer; /* number + 1 */
    uint8_t reads[MAX_THREADS];
};
_Static_assert(sizeof(struct holders) <= 48, "it fits before glibc's __flags");

static struct holders *holders_of(pthread_rwlock_t *lock, const char *call, uint64_t pc) {
    struct holders *holders = (struct holders *)lock;
    if (holders->mark == MARK_DESTROYED)
        sync_misuse(call, "the read-write lock has been destroyed", pc);
    return holders;
}

static struct access use(pthread_rwlock_t *lock, enum order order, enum label label, uint64_t pc) {
    return sync_access(SPACE_RWLOCK, lock, order, label, pc);
}

static struct rmw read_lock(void) {
    return (struct rmw){
        .op = RMW_ADD, .operand = READER, .guard = GUARD_CLEAR, .guard_arg = WRITER};
}

static struct rmw write_lock(void) {
    return (struct rmw){
        .op = RMW_EXCHANGE, .operand = (value_t)run.me + 1, .guard = GUARD_EQ, .guard_arg = 0};
}

static int lock_to_read(pthread_rwlock_t *lock, uint64_t deadline, bool waits, const char *call,
                        uint64_t pc) {
    struct holders *holders = holders_of(lock, call, pc);
    if (holders->writer == run.me + 1) return waits ? EDEADLK : EBUSY;
    if (holders->reads[run.me] == UINT8_MAX) return EAGAIN;
    struct access a = use(lock, ORDER_ACQUIRE, LABEL_RWLOCK_RDLOCK, pc);
    bool held = waits ? sync_acquire(a, read_lock(), deadline) : sync_try(a, read_lock());
    sync_touch(lock, pc);
    if (!held) return waits ? ETIMEDOUT : EBUSY;
    holders->reads[run.me]++;
    return 0;
}

static int lock_to_write(pthread_rwlock_t *lock, uint64_t deadline, bool waits, const char *call,
                         uint64_t pc) {
    struct holders *holders = holders_of(lock, call, pc);
    if (holders->writer == run.me + 1) return waits ? EDEADLK : EBUSY;
    struct access a = use(lock, ORDER_ACQUIRE, LABEL_RWLOCK_WRLOCK, pc);
    bool held = waits ? sync_acquire(a, write_lock(), deadline) : sync_try(a, write_lock());
    sync_touch(lock, pc);
    if (!held) return waits ? ETIMEDOUT : EBUSY;
    holders->writer = run.me + 1;
    return 0;
}

static void unlock(pthread_rwlock_t *lock, uint64_t pc) {
    struct holders *holders = holders_of(lock, "pthread_rwlock_unlock", pc);
    struct access a = use(lock, ORDER_RELEASE, LABEL_RWLOCK_UNLOCK, pc);
    bool done, writer = holders->writer == run.me + 1;
    if (!writer && !holders->reads[run.me])
        sync_misuse("pthread_rwlock_unlock", "the caller does not hold the lock", pc);
    if (writer)
        op_store(a, 0);
    else
        op_rmw(a, (struct rmw){.op = RMW_SUB, .operand = READER}, &done);
    sync_touch(lock, pc);
    if (writer)
        holders->writer = 0;
    else
        holders->reads[run.me]--;
}

/* --- what programs call ----------------------------------------------------------------------- */

API int __wrap_pthread_rwlock_init(pthread_rwlock_t *lock, const pthread_rwlockattr_t *attributes) {
    (void)attributes; /* sharing between processes, and glibc's preferences */
    sync_initialise(use(lock, ORDER_RELAXED, LABEL_INIT, PC), sizeof *lock, 0);
    return 0;
}

API int __wrap_pthread_rwlock_destroy(pthread_rwlock_t *lock) {
    bool done;
    const char *call = "pthread_rwlock_destroy";
    struct holders *holders = holders_of(lock, call, PC);
    value_t state = op_rmw(use(lock, ORDER_RELAXED, LABEL_DESTROY, PC),
                           (struct rmw){.op = RMW_EXCHANGE}, &done);
    sync_touch(lock, PC);
    if (state) sync_misuse(call, "destroyed while held", PC);
    holders->mark = MARK_DESTROYED;
    return 0;
}

API int __wrap_pthread_rwlock_rdlock(pthread_rwlock_t *lock) {
    return lock_to_read(lock, NO_DEADLINE, true, "pthread_rwlock_rdlock", PC);
}

API int __wrap_pthread_rwlock_wrlock(pthread_rwlock_t *lock) {
    return lock_to_write(lock, NO_DEADLINE, true, "pthread_rwlock_wrlock", PC);
}

API int __wrap_pthread_rwlock_tryrdlock(pthread_rwlock_t *lock) {
    return lock_to_read(lock, NO_DEADLINE, false, "pthread_rwlock_tryrdlock", PC);
}

API int __wrap_pthread_rwlock_trywrlock(pthread_rwlock_t *lock) {
    return lock_to_write(lock, NO_DEADLINE, false, "pthread_rwlock_trywrlock", PC);
}

API int __wrap_pthread_rwlock_timedrdlock(pthread_rwlock_t *lock, const struct timespec *until) {
    uint64_t deadline;
    if (!time_deadline(CLOCK_REALTIME, until, &deadline)) return EINVAL;
    return lock_to_read(lock, deadline, true, "pthread_rwlock_timedrdlock", PC);
}

API int __wrap_pthread_rwlock_timedwrlock(pthread_rwlock_t *lock, const struct timespec *until) {
    uint64_t deadline;
    if (!time_deadline(CLOCK_REALTIME, until, &deadline)) return EINVAL;
    return lock_to_write(lock, deadline, true, "pthread_rwlock_timedwrlock", PC);
}

API int __wrap_pthread_rwlock_clockrdlock(pthread_rwlock_t *lock, clockid_t clock,
                                          const struct timespec *until) {
    uint64_t deadline;
    if (!time_deadline(clock, until, &deadline)) return EINVAL;
    return lock_to_read(lock, deadline, true, "pthread_rwlock_clockrdlock", PC);
}

API int __wrap_pthread_rwlock_clockwrlock(pthread_rwlock_t *lock, clockid_t clock,
                                          const struct timespec *until) {
    uint64_t deadline;
    if (!time_deadline(clock, until, &deadline)) return EINVAL;
    return lock_to_write(lock, deadline, true, "pthread_rwlock_clockwrlock", PC);
}

API int __wrap_pthread_rwlock_unlock(pthread_rwlock_t *lock) {
    unlock(lock, PC);
    return 0;
}
