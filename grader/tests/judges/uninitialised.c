/* uninitialised.c - a decision by what was never written. */
#include "thing.h"

#include <stdlib.h>

static volatile int sink;

void thing_reset(void) {}

void thing_one(void) {
    int *volatile block = malloc(sizeof *block);
    if (*block == 7) sink = 1; /* HERE */
    free(block);
}

void thing_two(void) {}
