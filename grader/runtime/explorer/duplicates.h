/* duplicates.h - the explorer's promise to itself: no execution graph comes twice. */
#ifndef HBX_DUPLICATES_H
#define HBX_DUPLICATES_H

#include "graph.h"

/* Remember this complete execution. Ends the explorer if it has been seen before. (A hash of 64 bits:
 * among a million executions two different ones collide with a probability of 3e-8.) */
void duplicates_check(const struct graph *g);

#endif
