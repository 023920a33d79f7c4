/* overflows.c - a recursion without end. */
#include "thing.h"

static volatile int depth;

static int dive(int level) { /* HERE */
    volatile char room[512];
    room[0] = (char)level;
    return depth >= 0 ? dive(level + 1) + room[0] : 0; /* HERE */
}

void thing_reset(void) {}
void thing_one(void) { dive(0); }
void thing_two(void) {}
