/* destructor.c - crashes when the program ends. */
#include "thing.h"

void thing_reset(void) {}
void thing_one(void) {}
void thing_two(void) {}

__attribute__((destructor)) static void crash_late(void) { *(volatile int *)0 = 1; }
