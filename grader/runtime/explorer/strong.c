/* strong.c - the models sc and tso: is there a cycle of program order, reads-from, modification order
 * and reads-before through one event?
 *
 * Source of the axioms: Alglave, Maranget, Tautschnig, "Herding Cats", ACM TOPLAS 36(2), 2014,
 * section 4: SC and TSO.
 */
#include "strong.h"

enum { NOWHERE = INT16_MAX };

static bool lit[MAX_EVENTS];         /* reached from the event */
static int16_t least[MAX_LOCATIONS]; /* lowest rank in modification order that is reached */
static bool all[MAX_THREADS];        /* in this round: what follows in the thread is reached ... */
static bool all_but_loads[MAX_THREADS]; /* ... but a load may overtake the stores */

/* What compiles to no instruction may not carry an order from one event to another. */
static bool orders_by_itself(const struct event *e) {
    return e->kind != EV_CHOICE && (e->kind != EV_FENCE || e->order == ORDER_SEQ_CST);
}

/* Under x86-TSO a load does not wait for the stores before it, unless a fence or an RMW stands between
 * them; a store that is seq_cst carries a fence behind it. */
static bool may_be_overtaken(const struct event *e) {
    return options.model == MODEL_TSO && e->kind == EV_STORE && e->order != ORDER_SEQ_CST &&
           !e->hidden;
}

/* The store that a read takes, or the event that is joined. With tso, reading one's own store is no
 * step. */
static bool source_is_lit(const struct graph *g, const struct event *e) {
    return (event_reads(e) || e->kind == EV_JOIN) && e->rf >= 0 && lit[e->rf] &&
           g->ev[e->rf].tid != e->tid;
}

static bool is_reached(const struct graph *g, const struct event *e) {
    if (all[e->tid]) return true;
    if (all_but_loads[e->tid] && (e->kind != EV_LOAD || e->hidden)) return true;
    if (event_writes(e) && least[e->loc] < e->mo_pos) return true;
    if (source_is_lit(g, e)) return true;
    return g->creator[e->tid] >= 0 && lit[g->creator[e->tid]]; /* before all that the thread does */
}

/* The event at this position reaches what follows. True: that was news. */
static bool light(const struct graph *g, int at) {
    const struct event *e = &g->ev[at];
    bool news = !lit[at];
    lit[at] = true;
    if (may_be_overtaken(e))
        all_but_loads[e->tid] = true;
    else
        all[e->tid] = true;
    if (e->loc < 0) return news;
    int rank = event_sees(e) ? graph_mo_pos(g, e->rf) : e->mo_pos;
    if (rank >= least[e->loc]) return news;
    least[e->loc] = (int16_t)rank;
    return true;
}

bool strong_acyclic_at(const struct graph *g, int event) {
    for (int at = 0; at < g->n; at++) lit[at] = false;
    for (int loc = 0; loc < g->n_locs; loc++) least[loc] = NOWHERE;
    bool changed;
    lit[event] = true;
    do {
        changed = false;
        for (int t = 0; t < MAX_THREADS; t++) all[t] = all_but_loads[t] = false;
        for (int at = 0; at < g->n; at++) {
            if (!orders_by_itself(&g->ev[at])) continue;
            bool reached = is_reached(g, &g->ev[at]);
            if (reached && at == event) return false;
            if (reached || lit[at]) changed |= light(g, at);
        }
    } while (changed);
    return true;
}
