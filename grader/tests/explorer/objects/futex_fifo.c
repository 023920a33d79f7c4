/* futex_fifo.c - one thread is known to sleep before another comes: a wake of one takes the first.
 * The semaphore's value says nothing of that, so the sleepers are told apart by a requeue that
 * finds the first alone. */
#include <assert.h>
#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

static _Atomic uint32_t word, waiting, first_is_up;

static void *first(void *unused) {
    syscall(SYS_futex, &waiting, FUTEX_WAIT_PRIVATE, 0, NULL);
    atomic_store_explicit(&first_is_up, 1, memory_order_relaxed);
    return unused;
}

static void *second(void *unused) {
    syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, NULL);
    return unused;
}

int main(void) {
    pthread_t one, two;
    pthread_create(&one, NULL, first, NULL);
    long moved = syscall(SYS_futex, &waiting, FUTEX_REQUEUE_PRIVATE, 0, INT_MAX, &word);
    pthread_create(&two, NULL, second, NULL);
    /* Whoever sleeps on the word, the first came there before the second. */
    long woken = syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, 1);
    if (moved == 1 && woken == 1) pthread_join(one, NULL); /* a deadlock if it was the second */
    for (;;) { /* let all go, however late they come */
        atomic_store_explicit(&word, 1, memory_order_relaxed);
        atomic_store_explicit(&waiting, 1, memory_order_relaxed);
        syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, INT_MAX);
        syscall(SYS_futex, &waiting, FUTEX_WAKE_PRIVATE, INT_MAX);
        break;
    }
    if (!(moved == 1 && woken == 1)) pthread_join(one, NULL);
    pthread_join(two, NULL);
}
