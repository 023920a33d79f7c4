/* leak.c - a block that nobody knows any more. */
#include "thing.h"

#include <stdlib.h>

void thing_reset(void) {}

void thing_one(void) {
    void *volatile block = malloc(10); /* HERE */
    block = 0;
    (void)block;
}

void thing_two(void) {}
