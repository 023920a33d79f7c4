/* coherence.h - the clocks of an event, and what coherence lets it read or follow.
 *
 * Source: Lahav, Vafeiadis, Kang, Hur, Dreyer, "Repairing Sequential Consistency in C/C++11",
 * PLDI 2017, section 2: rs, sw, hb, and COHERENCE. Release sequences are those of that paper: a
 * later store of the same thread belongs to one.
 */
#ifndef HBX_COHERENCE_H
#define HBX_COHERENCE_H

#include "graph.h"

/* Fill in every clock of the event at this position, from its predecessor in program order and
 * from what it reads. */
void event_set_clocks(struct graph *g, int at);

/* The newest store, in modification order, that an event of this location whose happens-before
 * prefix is `hb` may not ignore: it reads this one or a later one; a store goes behind it. INIT if
 * there is none. */
int coherence_floor(const struct graph *g, int loc, const struct clock *hb);

#endif
