/* kills_everybody.c - sends SIGKILL to every process that it may. */
#include "thing.h"

#include <signal.h>

void thing_reset(void) {}
void thing_two(void) {}
void thing_one(void) { kill(-1, 9); }
