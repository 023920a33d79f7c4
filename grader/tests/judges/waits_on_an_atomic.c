/* waits_on_an_atomic.c - a loop without end: nobody ever stores what it waits for. */
#include "thing.h"

#include <stdatomic.h>

static _Atomic(int) never;

void thing_reset(void) {}

void thing_one(void) {
    while (!atomic_load_explicit(&never, memory_order_acquire)) { /* HERE */
    }
}

void thing_two(void) {}
