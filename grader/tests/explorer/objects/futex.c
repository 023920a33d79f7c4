/* futex.c - one thread sleeps on a word until another has changed it, by the system call. */
#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "outcome.h"

static _Atomic uint32_t word;
static int data;

#ifndef WAIT
#define WAIT FUTEX_WAIT_PRIVATE
#endif
#ifndef WAKE
#define WAKE FUTEX_WAKE_PRIVATE
#endif
#ifndef WAIT_BITS
#define WAIT_BITS FUTEX_BITSET_MATCH_ANY
#endif
#ifndef WAKE_BITS
#define WAKE_BITS FUTEX_BITSET_MATCH_ANY
#endif

static long sleep_on_word(uint32_t expected) {
    struct timespec *timeout = NULL;
#ifdef RELATIVE
    timeout = &(struct timespec){.tv_sec = 1};
#elif defined ABSOLUTE
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec++;
    timeout = &until;
#endif
    return syscall(SYS_futex, &word, WAIT, expected, timeout, NULL, WAIT_BITS);
}

static void *sleeper(void *unused) {
#ifdef IF_INSTEAD_OF_WHILE
    if (atomic_load_explicit(&word, memory_order_acquire) == 0) sleep_on_word(0);
#elif defined TRUSTS_THE_WAKEUP
    if (sleep_on_word(0) == 0) assert(data == 1);
    return unused;
#elif defined RELATIVE || defined ABSOLUTE
    while (atomic_load_explicit(&word, memory_order_acquire) == 0)
        if (sleep_on_word(0) == -1 && errno == ETIMEDOUT) {
            outcome("late");
            return unused;
        }
    outcome("woken");
#else
    while (atomic_load_explicit(&word, memory_order_acquire) == 0) {
        long result = sleep_on_word(0);
        assert(result == 0 || (result == -1 && (errno == EAGAIN || errno == EINTR)));
    }
#endif
    assert(atomic_load_explicit(&word, memory_order_acquire) == 1);
    assert(data == 1);
    return unused;
}

static void errors(void) {
    assert(sleep_on_word(1) == -1 && errno == EAGAIN);
    assert(syscall(SYS_futex, NULL, FUTEX_WAKE, 1) == -1 && errno == EFAULT);
    assert(syscall(SYS_futex, (char *)&word + 1, FUTEX_WAKE, 1) == -1 && errno == EINVAL);
    struct timespec bad = {.tv_nsec = 1000000000};
    assert(syscall(SYS_futex, &word, FUTEX_WAIT, 0, &bad) == -1 && errno == EINVAL);
    assert(syscall(SYS_futex, &word, FUTEX_WAKE_BITSET, 1, NULL, NULL, 0) == -1 && errno == EINVAL);
    assert(syscall(SYS_futex, &word, FUTEX_WAKE, INT_MAX) == 0);
}

int main(void) {
    pthread_t thread;
#ifdef OTHER_CALL
    syscall(SYS_getpid);
#endif
    errors();
    pthread_create(&thread, NULL, sleeper, NULL);
#ifdef WAKE_FIRST
    syscall(SYS_futex, &word, WAKE, 1, NULL, NULL, WAKE_BITS);
#endif
    data = 1;
    atomic_store_explicit(&word, 1, memory_order_release);
#if !defined WAKE_FIRST && !defined NO_WAKE
    syscall(SYS_futex, &word, WAKE, 1, NULL, NULL, WAKE_BITS);
#endif
    pthread_join(thread, NULL);
}
