/* crashes.c - a null pointer is followed. */
#include "thing.h"

static int *volatile nowhere;

void thing_reset(void) {}
void thing_one(void) { *nowhere = 1; /* HERE */ }
void thing_two(void) {}
