/* graph.c - the execution graph: appending, cutting, restricting. */
#include "graph.h"

#include <string.h>

#include "location.h"

void graph_clear(struct graph *g) {
    g->n = g->n_locs = g->n_sc = 0;
    g->next_stamp = 0;
    for (int t = 0; t < MAX_THREADS; t++) {
        g->last[t] = g->creator[t] = NONE;
        g->len[t] = 0;
    }
}

void graph_use_location(struct graph *g, int loc) {
    for (; g->n_locs <= loc; g->n_locs++) {
        g->mo_first[g->n_locs] = g->mo_last[g->n_locs] = INIT;
        g->loc_last[g->n_locs] = NONE;
    }
}

/* Link the event, already in place, to its thread and its location. */
static void link_event(struct graph *g, int at) {
    struct event *e = &g->ev[at];
    e->idx = g->len[e->tid]++;
    e->po_prev = g->last[e->tid];
    e->mo_prev = e->mo_next = e->mo_pos = NONE;
    g->last[e->tid] = (int16_t)at;
    if (e->kind == EV_CREATE) g->creator[e->rf] = (int16_t)at;
    if (e->loc >= 0) {
        graph_use_location(g, e->loc);
        e->loc_prev = g->loc_last[e->loc];
        g->loc_last[e->loc] = (int16_t)at;
    }
    if (e->ok_order == ORDER_SEQ_CST && !e->hidden) g->n_sc++;
}

int graph_append(struct graph *g, const struct event *e) {
    int at = g->n++;
    if (e != &g->ev[at]) memcpy(&g->ev[at], e, EVENT_HEAD);
    g->ev[at].stamp = g->next_stamp++;
    link_event(g, at);
    return at;
}

void graph_mo_insert(struct graph *g, int write, int prev) {
    struct event *w = &g->ev[write];
    int next = graph_mo_next(g, w->loc, prev);
    w->mo_prev = prev;
    w->mo_next = next;
    w->mo_pos = graph_mo_pos(g, prev) + 1;
    if (prev == INIT)
        g->mo_first[w->loc] = write;
    else
        g->ev[prev].mo_next = write;
    if (next == NONE)
        g->mo_last[w->loc] = write;
    else
        g->ev[next].mo_prev = write;
    for (; next != NONE; next = g->ev[next].mo_next) g->ev[next].mo_pos++;
}

void graph_mo_remove(struct graph *g, int write) {
    struct event *w = &g->ev[write];
    if (w->mo_pos == NONE) return;
    if (w->mo_prev == INIT)
        g->mo_first[w->loc] = w->mo_next == NONE ? INIT : w->mo_next;
    else
        g->ev[w->mo_prev].mo_next = w->mo_next;
    if (w->mo_next == NONE)
        g->mo_last[w->loc] = w->mo_prev;
    else
        g->ev[w->mo_next].mo_prev = w->mo_prev;
    for (int next = w->mo_next; next != NONE; next = g->ev[next].mo_next) g->ev[next].mo_pos--;
    w->mo_pos = NONE;
}

void graph_cut(struct graph *g, int at) {
    while (g->n > at + 1) {
        struct event *e = &g->ev[g->n - 1];
        if (event_writes(e)) graph_mo_remove(g, g->n - 1);
        if (e->loc >= 0) g->loc_last[e->loc] = e->loc_prev;
        if (e->kind == EV_CREATE) g->creator[e->rf] = NONE;
        g->last[e->tid] = e->po_prev;
        g->len[e->tid]--;
        if (e->ok_order == ORDER_SEQ_CST && !e->hidden) g->n_sc--;
        g->n--;
    }
}

/* By parts: for the whole the compiler takes `rep movs`, which is slow to start. */
static void copy_event(struct event *to, const struct event *from) {
    memcpy(to, from, EVENT_HEAD);
    to->hb = from->hb;
    to->porf = from->porf;
    if (!event_writes(from)) return;
    to->rel = from->rel;
    to->own = from->own;
}

static void restrict_one(struct graph *to, const struct graph *from, int at, int16_t *map) {
    map[at] = (int16_t)to->n++;
    copy_event(&to->ev[map[at]], &from->ev[at]);
    link_event(to, map[at]);
}

void graph_restrict(struct graph *to, const struct graph *from, const bool *keep, int revisited,
                    int16_t *map) {
    graph_clear(to);
    to->next_stamp = from->next_stamp;
    for (int at = 0; at < from->n; at++) {
        map[at] = NONE;
        if (keep[at] && at != revisited) restrict_one(to, from, at, map);
    }
    restrict_one(to, from, revisited, map);
    for (int at = 0; at < to->n; at++) {
        struct event *e = &to->ev[at];
        if (e->rf >= 0 && e->kind != EV_CHOICE && e->kind != EV_CREATE) e->rf = map[e->rf];
        if (e->rel_fence >= 0) e->rel_fence = map[e->rel_fence];
        if (e->woken >= 0) e->woken = map[e->woken];
    }
    for (int loc = 0; loc < from->n_locs && loc < to->n_locs; loc++)
        for (int w = from->mo_first[loc]; w >= 0; w = from->ev[w].mo_next)
            if (keep[w]) graph_mo_insert(to, map[w], to->mo_last[loc]);
}

value_t graph_value(const struct graph *g, int loc, int store) {
    return store == INIT ? locations[loc].init : g->ev[store].wval;
}

bool graph_rmw_reads(const struct graph *g, int loc, int store) {
    int next = graph_mo_next(g, loc, store);
    return next != NONE && g->ev[next].kind == EV_RMW_W && g->ev[next].rf == store;
}

void graph_set_rf(const struct graph *g, struct event *read, int store) {
    read->rf = (int16_t)store;
    read->rval = graph_value(g, read->loc, store);
    if (read->kind == EV_RMW_R)
        read->order = rmw_succeeds(read) ? read->ok_order : read->fail_order;
}

value_t rmw_result(const struct event *r) {
    value_t mask = value_mask(r->size);
    switch ((enum rmw_op)r->op) {
    case RMW_EXCHANGE:
    case RMW_CAS:
    case RMW_OPEN: return r->operand & mask;
    case RMW_ADD: return (r->rval + r->operand) & mask;
    case RMW_SUB: return (r->rval - r->operand) & mask;
    case RMW_AND: return r->rval & r->operand & mask;
    case RMW_OR: return (r->rval | r->operand) & mask;
    case RMW_XOR: return (r->rval ^ r->operand) & mask;
    case RMW_NAND: return ~(r->rval & r->operand) & mask;
    }
    return 0;
}
