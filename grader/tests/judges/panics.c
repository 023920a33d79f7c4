/* panics.c - a rule is said to be broken that nobody broke. */
#include "thing.h"

#include "panic.h"

void thing_reset(void) {}
void thing_one(void) { panic("thing_one", "the moon must be full"); /* HERE */ }
void thing_two(void) {}
