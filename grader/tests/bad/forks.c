/* forks.c - forks without end. */
#include "thing.h"

#include <unistd.h>

void thing_reset(void) {}
void thing_two(void) {}

void thing_one(void) {
    for (;;) fork();
}
