/* late_fence.c - the release fence stands behind the store that it should order. */
#include "thing.h"

#include <stdatomic.h>

static int message;
static _Atomic(int) ready;

void thing_reset(void) {
    message = 0;
    atomic_store_explicit(&ready, 0, memory_order_relaxed);
}

void thing_one(void) {
    message = 1; /* HERE */
    atomic_store_explicit(&ready, 1, memory_order_relaxed);
    atomic_thread_fence(memory_order_release);
}

void thing_two(void) {
    while (!atomic_load_explicit(&ready, memory_order_relaxed)) {
    }
    atomic_thread_fence(memory_order_acquire);
    message++; /* HERE */
}
