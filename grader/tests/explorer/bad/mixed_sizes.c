/* mixed_sizes.c - one thread sees four bytes where another sees two halves, HALF of which counts. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

#ifndef HALF
#define HALF 1
#endif

static union {
    _Atomic(uint32_t) whole;
    _Atomic(uint16_t) half[2];
} word;

static void *writes_half(void *argument) {
    atomic_store_explicit(&word.half[HALF], 7, memory_order_relaxed);
    return argument;
}

int main(void) {
    pthread_t thread;
    pthread_create(&thread, NULL, writes_half, NULL);
    uint32_t seen = atomic_load_explicit(&word.whole, memory_order_relaxed);
    pthread_join(thread, NULL);
    return seen == 1;
}
