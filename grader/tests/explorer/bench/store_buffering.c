/* store_buffering.c - two threads, each with a relaxed store and a relaxed load: 4 executions. */
#include <pthread.h>
#include <stdatomic.h>

static atomic_int word[2];
static int seen[2];

static void *first(void *argument) {
    atomic_store_explicit(&word[0], 1, memory_order_relaxed);
    seen[0] = atomic_load_explicit(&word[1], memory_order_relaxed);
    return argument;
}

static void *second(void *argument) {
    atomic_store_explicit(&word[1], 1, memory_order_relaxed);
    seen[1] = atomic_load_explicit(&word[0], memory_order_relaxed);
    return argument;
}

int main(void) {
    pthread_t threads[2];
    pthread_create(&threads[0], NULL, first, NULL);
    pthread_create(&threads[1], NULL, second, NULL);
    for (int t = 0; t < 2; t++) pthread_join(threads[t], NULL);
    return seen[0] + seen[1] > 2;
}
