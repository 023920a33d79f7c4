/* futex_to_and_fro.c - one thread sleeps on a word while two others move who sleeps from one word to
 * another, in both directions. Wherever the sleeper ends up, a wake of both words finds it. */
#include <assert.h>
#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

static _Atomic uint32_t here, there;

static void *sleeper(void *unused) {
    syscall(SYS_futex, &here, FUTEX_WAIT_PRIVATE, 0, NULL);
    return unused;
}

static void *go(void *unused) {
    syscall(SYS_futex, &here, FUTEX_REQUEUE_PRIVATE, 0, INT_MAX, &there);
    return unused;
}

static void *come(void *unused) {
    syscall(SYS_futex, &there, FUTEX_REQUEUE_PRIVATE, 0, INT_MAX, &here);
    return unused;
}

int main(void) {
    pthread_t threads[3];
    pthread_create(&threads[0], NULL, sleeper, NULL);
    pthread_create(&threads[1], NULL, go, NULL);
    pthread_create(&threads[2], NULL, come, NULL);
    pthread_join(threads[1], NULL);
    pthread_join(threads[2], NULL);
    atomic_store_explicit(&here, 1, memory_order_relaxed);
    long woken = syscall(SYS_futex, &here, FUTEX_WAKE_PRIVATE, INT_MAX);
    woken += syscall(SYS_futex, &there, FUTEX_WAKE_PRIVATE, INT_MAX);
    assert(woken <= 1);
    pthread_join(threads[0], NULL);
}
