/* exit_status.c - exits with a status that says "failed", under one schedule only. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

static atomic_int flag;

static void *sets(void *argument) {
    atomic_store_explicit(&flag, 1, memory_order_relaxed);
    return argument;
}

int main(void) {
    pthread_t thread;
    pthread_create(&thread, NULL, sets, NULL);
    if (atomic_load_explicit(&flag, memory_order_relaxed)) exit(3);
    pthread_join(thread, NULL);
    return 0;
}
