/* allocates.c - takes memory without end, and uses it. */
#include "thing.h"

#include <stdlib.h>

void thing_reset(void) {}
void thing_two(void) {}

void thing_one(void) {
    for (;;) {
        volatile char *block = malloc(1 << 20);
        for (int at = 0; block && at < 1 << 20; at += 4096) block[at] = 1;
    }
}
