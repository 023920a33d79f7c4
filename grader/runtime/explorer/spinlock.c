/* spinlock.c - pthread spin locks: a mutex without types, for which the waiter burns time.
 *
 * Source: POSIX.1-2017, pthread_spin_init(), _destroy(), _lock(), _trylock(), _unlock().
 *
 * State: 0 free, else the holder's number + 1. There is no static initialiser; the object's own
 * word says whether it was initialised, and who holds it.
 */
#include <errno.h>

#include "fault.h"
#include "sync.h"

enum { READY = 0x5350 << 8 }; /* + the holder's number + 1 */

static void must_be_ready(const volatile int *lock, const char *call, uint64_t pc) {
    if (*lock == MARK_DESTROYED) sync_misuse(call, "the spin lock has been destroyed", pc);
    if ((*lock & ~0xFF) != READY) sync_misuse(call, "the spin lock has not been initialised", pc);
}

static struct access use(volatile int *lock, enum order order, enum label label, uint64_t pc) {
    return sync_access(SPACE_SPIN, (const void *)lock, order, label, pc);
}

static struct rmw take_it(void) {
    return (struct rmw){
        .op = RMW_EXCHANGE, .operand = (value_t)run.me + 1, .guard = GUARD_EQ, .guard_arg = 0};
}

API int __wrap_pthread_spin_init(volatile int *lock, int shared) {
    (void)shared;
    sync_initialise(use(lock, ORDER_RELAXED, LABEL_INIT, PC), sizeof *lock, 0);
    *lock = READY;
    return 0;
}

API int __wrap_pthread_spin_destroy(volatile int *lock) {
    bool done;
    const char *call = "pthread_spin_destroy";
    must_be_ready(lock, call, PC);
    value_t holder = op_rmw(use(lock, ORDER_RELAXED, LABEL_DESTROY, PC),
                            (struct rmw){.op = RMW_EXCHANGE}, &done);
    sync_touch((const void *)lock, PC);
    if (holder) sync_misuse(call, "destroyed while held", PC);
    *lock = MARK_DESTROYED;
    return 0;
}

API int __wrap_pthread_spin_lock(volatile int *lock) {
    bool done;
    must_be_ready(lock, "pthread_spin_lock", PC);
    op_rmw(use(lock, ORDER_ACQUIRE, LABEL_SPIN_LOCK, PC), take_it(), &done);
    sync_touch((const void *)lock, PC);
    *lock = READY + run.me + 1;
    return 0;
}

API int __wrap_pthread_spin_trylock(volatile int *lock) {
    must_be_ready(lock, "pthread_spin_trylock", PC);
    bool held = sync_try(use(lock, ORDER_ACQUIRE, LABEL_SPIN_LOCK, PC), take_it());
    sync_touch((const void *)lock, PC);
    if (!held) return EBUSY;
    *lock = READY + run.me + 1;
    return 0;
}

API int __wrap_pthread_spin_unlock(volatile int *lock) {
    const char *call = "pthread_spin_unlock";
    must_be_ready(lock, call, PC);
    if (*lock == READY) sync_misuse(call, "nobody holds the spin lock", PC);
    if (*lock != READY + run.me + 1)
        fault_raise(FAULT_MISUSE, PC, "%s: unlock by another thread: thread %d holds the spin lock",
                    call, (*lock & 0xFF) - 1);
    op_store(use(lock, ORDER_RELEASE, LABEL_SPIN_UNLOCK, PC), 0);
    sync_touch((const void *)lock, PC);
    *lock = READY;
    return 0;
}
