/* futex_fifo.c - a wake of one takes the thread that has slept longest. That a thread sleeps is known
 * from the count of a requeue that moves it; the second one is made only then. */
#include <assert.h>
#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

static _Atomic uint32_t word, waiting;

static void *first(void *unused) {
    syscall(SYS_futex, &waiting, FUTEX_WAIT_PRIVATE, 0, NULL);
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
    /* Let all go, however late they come. */
    atomic_store_explicit(&word, 1, memory_order_relaxed);
    atomic_store_explicit(&waiting, 1, memory_order_relaxed);
    syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, INT_MAX);
    syscall(SYS_futex, &waiting, FUTEX_WAKE_PRIVATE, INT_MAX);
    if (!(moved == 1 && woken == 1)) pthread_join(one, NULL);
    pthread_join(two, NULL);
}
