/* psc.c - the seq_cst axiom by depth-first search over the seq_cst events. */
#include "psc.h"

#include <string.h>

static const struct graph *g; /* the graph under examination */

/* Rank in modification order of what the event writes or reads. */
static int mo_rank(const struct event *e) {
    return event_sees(e) ? graph_mo_pos(g, e->rf) : e->mo_pos;
}

static bool touches_memory(const struct event *e) { return e->loc >= 0; }

/* x (mo ∪ rb) y */
static bool mo_or_rb(const struct event *x, const struct event *y) {
    return touches_memory(x) && x->loc == y->loc && x != y && event_writes(y) &&
           mo_rank(x) < y->mo_pos;
}

/* x eco y: the transitive closure of rf, mo and rb. A read comes behind the store of its rank. */
static bool eco(const struct event *x, const struct event *y) {
    if (!touches_memory(x) || x->loc != y->loc || x == y) return false;
    int from = mo_rank(x), to = mo_rank(y);
    return from < to || (from == to && event_writes(x) && event_sees(y));
}

static const struct event *po_next_elsewhere(const struct event *x) {
    const struct event *best = NULL;
    for (int at = g->last[x->tid]; at >= 0; at = g->ev[at].po_prev) {
        const struct event *e = &g->ev[at];
        if (e->idx <= x->idx) break;
        if (e->loc != x->loc || x->loc == NONE) best = e;
    }
    return best;
}

static const struct event *po_prev_elsewhere(const struct event *y) {
    for (int at = y->po_prev; at >= 0; at = g->ev[at].po_prev)
        if (g->ev[at].loc != y->loc || y->loc == NONE) return &g->ev[at];
    return NULL;
}

/* x scb y. sb|≠loc;hb;sb|≠loc: the first event behind x elsewhere and the last before y elsewhere
 * decide, since hb only grows between them. */
static bool scb(const struct event *x, const struct event *y) {
    if (x == y) return false;
    if (x->tid == y->tid && x->idx < y->idx) return true;
    if (touches_memory(x) && x->loc == y->loc && hb_before(x, y)) return true;
    if (mo_or_rb(x, y)) return true;
    if (!hb_before(x, y)) return false;
    const struct event *after = po_next_elsewhere(x), *before = po_prev_elsewhere(y);
    return after && before && after != before && hb_before(after, before);
}

static bool is_sc_fence(const struct event *e) { return e->kind == EV_FENCE; } /* of the nodes */

/* [F];hb?;scb;hb?;[F] and psc_F between two seq_cst events, at least one of them a fence. */
static bool fence_edge(const struct event *a, const struct event *b) {
    bool from_fence = is_sc_fence(a), to_fence = is_sc_fence(b);
    if (a != b && from_fence && to_fence && hb_before(a, b)) return true;
    for (int i = 0; i < g->n; i++) {
        const struct event *x = &g->ev[i];
        if (x != a && !(from_fence && hb_before(a, x))) continue;
        for (int j = 0; j < g->n; j++) {
            const struct event *y = &g->ev[j];
            if (y != b && !(to_fence && hb_before(y, b))) continue;
            if (scb(x, y)) return true;
            if (from_fence && to_fence && eco(x, y)) return true;
        }
    }
    return false;
}

static bool psc(const struct event *a, const struct event *b) {
    if (is_sc_fence(a) || is_sc_fence(b)) return fence_edge(a, b);
    return scb(a, b);
}

/* Program order kept by x86-TSO: all but a store (not part of an RMW) before a load, unless a fence
 * or an RMW stands between them; stores that are seq_cst carry a fence behind them. */
static bool tso_keeps(const struct event *a, const struct event *b) {
    if (a->kind != EV_STORE || b->kind != EV_LOAD || a->order == ORDER_SEQ_CST || a->hidden ||
        b->hidden)
        return true;
    for (int at = b->po_prev; at >= 0 && at != a - g->ev; at = g->ev[at].po_prev) {
        const struct event *e = &g->ev[at];
        if (e->kind != EV_LOAD && e->kind != EV_CHOICE &&
            (e->kind != EV_STORE || e->order == ORDER_SEQ_CST) &&
            (e->kind != EV_FENCE || e->order == ORDER_SEQ_CST))
            return true;
    }
    return false;
}

/* What compiles to no instruction may not carry an order from one event to another. */
static bool orders_by_itself(const struct event *e) {
    return e->kind != EV_CHOICE && (e->kind != EV_FENCE || e->order == ORDER_SEQ_CST);
}

/* One step of the strong models; with tso, reading one's own store is no step. */
static bool strong_edge(const struct event *a, const struct event *b) {
    if (a == b) return false;
    if (a->tid == b->tid && a->idx < b->idx)
        return options.model == MODEL_SC || tso_keeps(a, b) || mo_or_rb(a, b);
    if (mo_or_rb(a, b)) return true;
    if (event_reads(b) && b->rf == a - g->ev) return true;
    if (b->kind == EV_JOIN && b->rf == a - g->ev) return true;
    return a->kind == EV_CREATE && a->rf == b->tid && b->po_prev == NONE;
}

enum colour { WHITE, GREY, BLACK };
static uint8_t colour[MAX_EVENTS];
static int16_t node[MAX_EVENTS];
static int n_nodes;

static bool finds_cycle(int from, bool (*edge)(const struct event *, const struct event *)) {
    colour[from] = GREY;
    for (int k = 0; k < n_nodes; k++) {
        if (colour[k] == BLACK || !edge(&g->ev[node[from]], &g->ev[node[k]])) continue;
        if (colour[k] == GREY || finds_cycle(k, edge)) return true;
    }
    colour[from] = BLACK;
    return false;
}

bool psc_acyclic(const struct graph *graph) {
    bool strong = options.model != MODEL_RC11;
    if (!strong && graph->n_sc < 2) return true;
    g = graph;
    n_nodes = 0;
    for (int at = 0; at < g->n; at++)
        if (strong ? orders_by_itself(&g->ev[at]) : event_is_sc(&g->ev[at]))
            node[n_nodes++] = (int16_t)at;
    memset(colour, WHITE, (size_t)n_nodes);
    for (int k = 0; k < n_nodes; k++)
        if (colour[k] == WHITE && finds_cycle(k, strong ? strong_edge : psc)) return false;
    return true;
}
