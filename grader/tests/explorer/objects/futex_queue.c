/* futex_queue.c - two threads sleep on a word, one has been there first. A wake takes the first; a
 * requeue moves the second to another word. */
#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "outcome.h"

_Atomic uint32_t word, other;
static _Atomic uint32_t passed;

static long futex(_Atomic uint32_t *at, int op, uint32_t value, uintptr_t second,
                  _Atomic uint32_t *to, uint32_t last) {
    return syscall(SYS_futex, at, op, value, second, to, last);
}

static void *sleeper(void *unused) {
    futex(&word, FUTEX_WAIT_PRIVATE, 0, 0, NULL, 0);
    atomic_fetch_add_explicit(&passed, 1, memory_order_relaxed);
    return unused;
}

/* What main does when both may sleep. Returns how many it found there. */
static long wake_them(void) {
#if defined REQUEUE
    return futex(&word, FUTEX_REQUEUE_PRIVATE, 1, INT_MAX, &other, 0);
#elif defined CMP_REQUEUE
    return futex(&word, FUTEX_CMP_REQUEUE_PRIVATE, 1, INT_MAX, &other, 1);
#elif defined CMP_CHANGED
    long found = futex(&word, FUTEX_CMP_REQUEUE_PRIVATE, 1, INT_MAX, &other, 0);
    assert(found == -1 && errno == EAGAIN);
    return futex(&word, FUTEX_WAKE_PRIVATE, INT_MAX, 0, NULL, 0);
#elif defined IN_PLACE
    long found = futex(&word, FUTEX_CMP_REQUEUE_PRIVATE, 1, INT_MAX, &word, 1);
    futex(&word, FUTEX_WAKE_PRIVATE, 1, 0, NULL, 0);
    return found;
#elif defined ONE_BY_ONE
    long found = futex(&word, FUTEX_WAKE_PRIVATE, 1, 0, NULL, 0);
    return found + futex(&word, FUTEX_WAKE_PRIVATE, 1, 0, NULL, 0);
#else
    return futex(&word, FUTEX_WAKE_PRIVATE, INT_MAX, 0, NULL, 0);
#endif
}

int main(void) {
    pthread_t threads[2];
    for (int t = 0; t < 2; t++) pthread_create(&threads[t], NULL, sleeper, NULL);
    atomic_store_explicit(&word, 1, memory_order_relaxed);
    long found = wake_them();
#if (defined REQUEUE || defined CMP_REQUEUE) && !defined FORGOTTEN
    long moved = futex(&other, FUTEX_WAKE_PRIVATE, INT_MAX, 0, NULL, 0);
    assert(moved == (found == 2 ? 1 : 0));
#endif
    for (int t = 0; t < 2; t++) pthread_join(threads[t], NULL);
    assert(passed == 2);
    outcome("%ld", found);
}
