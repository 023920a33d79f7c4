/* double_free.c - a block is freed twice. */
#include "thing.h"

#include <stdlib.h>

void thing_reset(void) {}

void thing_one(void) {
    void *volatile block = malloc(10);
    free(block);
    free(block); /* HERE */
}

void thing_two(void) {}
