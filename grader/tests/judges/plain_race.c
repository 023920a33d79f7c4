/* plain_race.c - nothing orders the two increments. */
#include "thing.h"

static int counter;

void thing_reset(void) { counter = 0; }
void thing_one(void) { counter++; /* HERE */ }
void thing_two(void) { counter++; /* HERE */ }
