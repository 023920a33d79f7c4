/* cthreads.c - the C11 names for threads, mutexes, condition variables, and thread-specific data.
 *
 * Source: C17 7.26; the types and numbers are those of glibc's <threads.h>, which cannot be included
 * beside the explorer's header of that name: a thrd_t is a pthread_t, an mtx_t has the layout of a
 * pthread_mutex_t, a cnd_t that of a pthread_cond_t, a tss_t is a key. Deadlines are on TIME_UTC.
 */
#include <errno.h>

#include "fault.h"
#include "sync.h"
#include "threads.h"

enum { thrd_success, thrd_busy, thrd_error, thrd_nomem, thrd_timedout };
enum { mtx_plain, mtx_recursive, mtx_timed };

typedef pthread_t thrd_t;

static int result_of(int error) {
    switch (error) {
    case 0: return thrd_success;
    case EBUSY: return thrd_busy;
    case ETIMEDOUT: return thrd_timedout;
    default: return thrd_error;
    }
}

/* --- threads ---------------------------------------------------------------------------------- */

static int number_of(thrd_t thread, const char *call, uint64_t pc) {
    int tid = (int)thread - 1;
    if (tid < 0 || tid >= run.n_threads || run.threads[tid].state == THREAD_NONE)
        sync_misuse(call, "no thread has this thrd_t", pc);
    return tid;
}

/* The int that a C11 thread returns is the low half of the register that a pointer would be in
 * (System V ABI, AMD64, 3.2.3; likewise AAPCS64): thrd_join takes that half. */
API int __wrap_thrd_create(thrd_t *thread, int (*body)(void *), void *argument) {
    void *(*as_pthread)(void *) = (void *(*)(void *))(uintptr_t)body;
    *thread = (thrd_t)thread_create(as_pthread, argument, PC) + 1;
    return thrd_success;
}

API int __wrap_thrd_join(thrd_t thread, int *result) {
    void *value = thread_join(number_of(thread, "thrd_join", PC), PC);
    if (result) *result = (int)(intptr_t)value;
    return thrd_success;
}

API int __wrap_thrd_detach(thrd_t thread) {
    thread_detach(number_of(thread, "thrd_detach", PC), PC);
    return thrd_success;
}

API _Noreturn void __wrap_thrd_exit(int result) { thread_exit((void *)(intptr_t)result); }

API thrd_t __wrap_thrd_current(void) { return (thrd_t)run.me + 1; }

API int __wrap_thrd_equal(thrd_t a, thrd_t b) { return a == b; }

/* --- mutexes ---------------------------------------------------------------------------------- */

API int __wrap_mtx_init(pthread_mutex_t *mutex, int type) {
    if (type & ~(mtx_recursive | mtx_timed)) return thrd_error;
    mutex_initialise(mutex, type & mtx_recursive ? PTHREAD_MUTEX_RECURSIVE : PTHREAD_MUTEX_NORMAL,
                     PC);
    return thrd_success;
}

API void __wrap_mtx_destroy(pthread_mutex_t *mutex) { mutex_destroy(mutex, "mtx_destroy", PC); }

API int __wrap_mtx_lock(pthread_mutex_t *mutex) {
    return result_of(mutex_acquire(mutex, NO_DEADLINE, "mtx_lock", PC));
}

API int __wrap_mtx_trylock(pthread_mutex_t *mutex) {
    return result_of(mutex_try(mutex, "mtx_trylock", PC));
}

API int __wrap_mtx_timedlock(pthread_mutex_t *mutex, const struct timespec *until) {
    uint64_t deadline;
    if (!time_deadline(CLOCK_REALTIME, until, &deadline)) return thrd_error;
    return result_of(mutex_acquire(mutex, deadline, "mtx_timedlock", PC));
}

API int __wrap_mtx_unlock(pthread_mutex_t *mutex) {
    return result_of(mutex_release(mutex, "mtx_unlock", PC));
}

/* --- condition variables ---------------------------------------------------------------------- */

API int __wrap_cnd_init(pthread_cond_t *cond) {
    cond_initialise(cond, CLOCK_REALTIME, PC);
    return thrd_success;
}

API void __wrap_cnd_destroy(pthread_cond_t *cond) { cond_destroy(cond, "cnd_destroy", PC); }

API int __wrap_cnd_wait(pthread_cond_t *cond, pthread_mutex_t *mutex) {
    return result_of(cond_wait(cond, mutex, NO_DEADLINE, "cnd_wait", PC));
}

API int __wrap_cnd_timedwait(pthread_cond_t *cond, pthread_mutex_t *mutex,
                             const struct timespec *until) {
    uint64_t deadline;
    if (!time_deadline(CLOCK_REALTIME, until, &deadline)) return thrd_error;
    return result_of(cond_wait(cond, mutex, deadline, "cnd_timedwait", PC));
}

API int __wrap_cnd_signal(pthread_cond_t *cond) {
    cond_signal(cond, "cnd_signal", PC);
    return thrd_success;
}

API int __wrap_cnd_broadcast(pthread_cond_t *cond) {
    cond_broadcast(cond, "cnd_broadcast", PC);
    return thrd_success;
}

/* --- the rest --------------------------------------------------------------------------------- */

API void __wrap_call_once(void *flag, void (*body)(void)) { once_call(flag, body, PC); }

API int __wrap_tss_create(unsigned *key, void (*destructor)(void *)) {
    return result_of(key_create(key, destructor));
}

API void __wrap_tss_delete(unsigned key) { key_delete(key); }

API void *__wrap_tss_get(unsigned key) { return key_get(key); }

API int __wrap_tss_set(unsigned key, void *value) { return result_of(key_set(key, value)); }
