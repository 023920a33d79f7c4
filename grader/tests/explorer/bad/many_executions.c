/* many_executions.c - finite, correct, and too much: 14 threads that each count once, 14! orders. */
#include <pthread.h>
#include <stdatomic.h>

enum { THREADS = 14 };

static atomic_int counter;

static void *counts(void *argument) {
    atomic_fetch_add_explicit(&counter, 1, memory_order_relaxed);
    return argument;
}

int main(void) {
    pthread_t threads[THREADS];
    for (int t = 0; t < THREADS; t++) pthread_create(&threads[t], NULL, counts, NULL);
    for (int t = 0; t < THREADS; t++) pthread_join(threads[t], NULL);
    return 0;
}
