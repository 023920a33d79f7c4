/* invalid_read.c - a block is read after it was freed. */
#include "thing.h"

#include <stdlib.h>

static volatile int sink;

void thing_reset(void) {}

void thing_one(void) {
    int *volatile block = malloc(sizeof *block);
    *block = 1;
    free(block);
    sink = *block; /* HERE */
}

void thing_two(void) {}
