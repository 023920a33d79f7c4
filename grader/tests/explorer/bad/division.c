/* division.c - divides by what another thread may not have set yet. */
#include <pthread.h>
#include <stdatomic.h>

static atomic_int divisor;

static void *sets(void *argument) {
    atomic_store_explicit(&divisor, 2, memory_order_relaxed);
    return argument;
}

int main(void) {
    pthread_t thread;
    pthread_create(&thread, NULL, sets, NULL);
    int half = 10 / atomic_load_explicit(&divisor, memory_order_relaxed);
    pthread_join(thread, NULL);
    return half != 5;
}
