/* hangs.c - a loop without end that nothing but time can find: it touches no memory. */
#include "thing.h"

void thing_reset(void) {}

void thing_one(void) {
    for (;;) {
    }
}

void thing_two(void) {}
