/* endless_progress.c - two threads count for ever: each step is an atomic that changes something,
 * so that no iteration waits, and no run ends. */
#include <pthread.h>
#include <stdatomic.h>

static atomic_uint counter;

static void *counts(void *argument) {
    while (atomic_fetch_add_explicit(&counter, 1, memory_order_relaxed) + 1 != 0)
        ;
    return argument;
}

int main(void) {
    pthread_t first, second;
    pthread_create(&first, NULL, counts, NULL);
    pthread_create(&second, NULL, counts, NULL);
    pthread_join(first, NULL);
    pthread_join(second, NULL);
    return 0;
}
