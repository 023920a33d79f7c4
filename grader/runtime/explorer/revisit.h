/* revisit.h - TruSt's choices: what a new event may read or follow, and which earlier reads a new
 * store revisits.
 *
 * Source: Kokologiannakis, Marmanis, Gladstein, Vafeiadis, "Truly Stateless, Optimal Dynamic Partial
 * Order Reduction", POPL 2022, section 4.
 */
#ifndef HBX_REVISIT_H
#define HBX_REVISIT_H

#include "graph.h"

/* What happens-before the event, as far as its thread knew without it. (For a queue of waiters: what
 * it depends on. Such queues order nothing for the program, but a thread finds there what it was
 * taken out by.) */
const struct clock *revisit_known(const struct graph *g, const struct event *e);

/* Put a new read, already appended, on the store that is last in modification order, and leave its
 * other choices as work. */
void revisit_choose_store(struct graph *g, int read);

/* Put a new read that is settled on the oldest store that it may take. False: the axioms forbid it. */
bool revisit_settle(struct graph *g, int read);

/* Place a new store, already appended with its value and clocks, and leave as work: its other
 * places, and the earlier reads that it revisits. False: it has no place (it is the write of an RMW
 * whose store another RMW has read too), so that this run is at its end. */
bool revisit_place_store(struct graph *g, int write);

/* Leave the values 1..n-1 of a new EV_CHOICE as work; it has taken 0. */
void revisit_choose_value(int choice, int n);

/* Let the read of an RMW take this store. True: the graph may be run on; false: atomicity is
 * broken, and all that could come of it has been left as work. */
bool revisit_set_store(struct graph *g, int read, int store);

/* Move the store behind `prev`. False: the axioms forbid it. */
bool revisit_move_store(struct graph *g, int write, int prev);

/* to := what is left of `from` when `read` reads `write`, which is placed behind `prev`. False: the
 * axioms forbid it. */
bool revisit_make(struct graph *to, const struct graph *from, int write, int read, int prev);

#endif
