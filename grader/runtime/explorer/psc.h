/* psc.h - the seq_cst axiom, and the stronger models.
 *
 * Source: Lahav, Vafeiadis, Kang, Hur, Dreyer, "Repairing Sequential Consistency in C/C++11",
 * PLDI 2017, section 3: scb, psc_base, psc_F, and SC (acyclic psc).
 */
#ifndef HBX_PSC_H
#define HBX_PSC_H

#include "graph.h"

/* Does the graph keep the axiom of the chosen memory model beyond coherence and atomicity: psc
 * acyclic (rc11); program order, reads-from, modification order and reads-before together acyclic
 * (sc); the same without the pairs store-to-load (tso)?
 *
 * `event` is a read that has taken its store, or a store that has got its place; without it the graph
 * keeps the axiom, and nothing comes behind it in program order or reads-from (but for a store the
 * read that it revisits, which is asked for by itself). So only cycles through `event` are looked
 * for, and there is none if nothing comes behind it in modification order. Events whose write has no
 * place in modification order must not be in the graph. */
bool psc_acyclic_at(const struct graph *g, int event);

#endif
