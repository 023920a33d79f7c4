/* does_not_compile.c - an undeclared name in line 6. */
#include "thing.h"

void thing_reset(void) {}
void thing_two(void) {}
void thing_one(void) { never_declared = 1; }
