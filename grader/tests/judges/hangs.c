/* hangs.c - a loop without end. */
#include "thing.h"

static volatile int never;

void thing_reset(void) {}

void thing_one(void) {
    while (!never) {
    }
}

void thing_two(void) {}
