/* clean_fence.c - correct: a release fence before a relaxed store, an acquire fence after the load. */
#include "thing.h"

#include <stdatomic.h>

static int message;
static _Atomic(int) ready;

void thing_reset(void) {
    message = 0;
    atomic_store_explicit(&ready, 0, memory_order_relaxed);
}

void thing_one(void) {
    message = 1;
    atomic_thread_fence(memory_order_release);
    atomic_store_explicit(&ready, 1, memory_order_relaxed);
}

void thing_two(void) {
    while (!atomic_load_explicit(&ready, memory_order_relaxed)) {
    }
    atomic_thread_fence(memory_order_acquire);
    message++;
}
