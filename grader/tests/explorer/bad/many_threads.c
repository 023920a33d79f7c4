/* many_threads.c - ten thousand threads at once. */
#include <pthread.h>
#include <stdatomic.h>

enum { THREADS = 10000 };

static atomic_int counter;
static pthread_t threads[THREADS];

static void *counts(void *argument) {
    atomic_fetch_add_explicit(&counter, 1, memory_order_relaxed);
    return argument;
}

int main(void) {
    for (int t = 0; t < THREADS; t++)
        if (pthread_create(&threads[t], NULL, counts, NULL)) return 1;
    for (int t = 0; t < THREADS; t++) pthread_join(threads[t], NULL);
    return 0;
}
