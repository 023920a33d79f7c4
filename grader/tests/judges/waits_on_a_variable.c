/* waits_on_a_variable.c - a loop without end, over memory that nobody else may touch meanwhile. */
#include "thing.h"

static volatile int never;

void thing_reset(void) {}

void thing_one(void) {
    while (!never) { /* HERE */
    }
}

void thing_two(void) {}
