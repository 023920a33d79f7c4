/* deadlock.c - both threads sleep, and nobody is left to wake them. */
#include "thing.h"

#include "futex.h"

static futex_word word;

void thing_reset(void) {}
void thing_one(void) { futex_wait(&word, 0); /* HERE */ }
void thing_two(void) { futex_wait(&word, 0); /* HERE */ }
