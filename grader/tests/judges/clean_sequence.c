/* clean_sequence.c - correct: an addition between store and load carries the release on. */
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
    atomic_store_explicit(&ready, 1, memory_order_release);
    atomic_fetch_add_explicit(&ready, 1, memory_order_relaxed);
}

void thing_two(void) {
    while (atomic_load_explicit(&ready, memory_order_acquire) != 2) {
    }
    message++;
}
