/* strong.h - the models sc and tso: what psc_acyclic_at asks for them. */
#ifndef HBX_STRONG_H
#define HBX_STRONG_H

#include "graph.h"

/* psc.h has the contract. */
bool strong_acyclic_at(const struct graph *g, int event);

#endif
