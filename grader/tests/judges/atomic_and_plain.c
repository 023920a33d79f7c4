/* atomic_and_plain.c - one thread writes plainly what another reads as an atomic object. */
#include "thing.h"

#include <stdatomic.h>

static _Atomic(int) message;
static int seen;

void thing_reset(void) { seen = 0; }

void thing_one(void) { *(int *)&message = 1; /* HERE */ }

void thing_two(void) { seen = atomic_load_explicit(&message, memory_order_acquire); /* HERE */ }
