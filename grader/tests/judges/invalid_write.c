/* invalid_write.c - one element too far. */
#include "thing.h"

#include <stdlib.h>

void thing_reset(void) {}

void thing_one(void) {
    volatile int *block = malloc(4 * sizeof *block);
    block[4] = 1; /* HERE */
    free((void *)block);
}

void thing_two(void) {}
