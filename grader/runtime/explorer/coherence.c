/* coherence.c - the clocks of an event, and what coherence lets it read or follow. */
#include "coherence.h"

#define ONLY(t) [t] = {.at = {[t] = -1}}
const struct clock clock_only[MAX_THREADS] = {
    ONLY(0), ONLY(1), ONLY(2),  ONLY(3),  ONLY(4),  ONLY(5),  ONLY(6),  ONLY(7),
    ONLY(8), ONLY(9), ONLY(10), ONLY(11), ONLY(12), ONLY(13), ONLY(14), ONLY(15)};
_Static_assert(MAX_THREADS == 16, "one entry for each thread");

/* What the event inherits, written into it. */
static void inherit(const struct graph *g, struct event *e) {
    int from = e->po_prev >= 0 ? e->po_prev : g->creator[e->tid];
    if (from < 0) {
        e->hb = e->porf = (struct clock){0};
        e->time = 0;
        e->rel_fence = e->woken = NONE;
        return;
    }
    const struct event *p = &g->ev[from];
    bool own = p->tid == e->tid;
    e->hb = p->hb;
    e->porf = p->porf;
    e->time = p->time;
    e->rel_fence = own ? p->rel_fence : NONE;
    e->woken = own ? p->woken : NONE;
}

/* A read that acquires takes over what the store it reads carries. */
static void learn_from_store(struct event *e, const struct event *store) {
    clock_join(&e->porf, &store->porf);
    if (store->time > e->time) e->time = store->time;
    if (e->hidden != HIDDEN_UNORDERED && order_acquires(e->order)) clock_join(&e->hb, &store->rel);
}

/* A fence that acquires takes over what the stores carry that its thread has read without acquiring;
 * the last such fence before it knows what came before that one. */
static void learn_from_earlier_reads(const struct graph *g, struct event *fence) {
    for (int at = fence->po_prev; at >= 0; at = g->ev[at].po_prev) {
        const struct event *e = &g->ev[at];
        if (e->kind == EV_FENCE && order_acquires(e->order)) return;
        if (!event_reads(e) || e->rf < 0 || e->hidden == HIDDEN_UNORDERED) continue;
        if (e->order == ORDER_RELAXED || e->order == ORDER_RELEASE)
            clock_join(&fence->hb, &g->ev[e->rf].rel);
    }
}

static const struct event *earlier_store_of_thread(const struct graph *g, const struct event *e) {
    for (int at = e->loc_prev; at >= 0; at = g->ev[at].loc_prev)
        if (g->ev[at].tid == e->tid && event_writes(&g->ev[at])) return &g->ev[at];
    return NULL;
}

/* own: release heads of this thread, that is [E⊒rel];([F];sb)?;[W];sb|loc?. rel adds, for an RMW,
 * what the store it reads carries: (rf;rmw)*. A plain store heads, but carries nothing itself. */
static void set_release(struct graph *g, struct event *e) {
    const struct event *earlier = earlier_store_of_thread(g, e);
    if (earlier)
        e->own = earlier->own;
    else
        e->own = (struct clock){0};
    if (order_releases(e->order)) clock_join(&e->own, &e->hb);
    if (e->rel_fence >= 0) clock_join(&e->own, &g->ev[e->rel_fence].hb);
    if (e->order == ORDER_PLAIN)
        e->rel = (struct clock){0};
    else
        e->rel = e->own;
    if (e->kind == EV_RMW_W && e->rf >= 0) clock_join(&e->rel, &g->ev[e->rf].rel);
}

static void set_fence(const struct graph *g, struct event *e, int at) {
    if (order_acquires(e->order)) learn_from_earlier_reads(g, e);
    if (order_releases(e->order)) e->rel_fence = (int16_t)at;
}

void event_set_clocks(struct graph *g, int at) {
    struct event *e = &g->ev[at];
    inherit(g, e);
    clock_tick(&e->hb, e->tid, e->idx + 1);
    clock_tick(&e->porf, e->tid, e->idx + 1);
    switch ((enum event_kind)e->kind) {
    case EV_LOAD:
    case EV_RMW_R:
        if (e->rf >= 0) learn_from_store(e, &g->ev[e->rf]);
        break;
    case EV_STORE:
    case EV_RMW_W: set_release(g, e); break;
    case EV_FENCE: set_fence(g, e, at); break;
    case EV_JOIN:
        if (e->hidden != HIDDEN_UNORDERED)
            clock_join(&e->hb, &g->ev[e->rf].hb);
        else
            e->woken = (int16_t)at;
        clock_join(&e->porf, &g->ev[e->rf].porf);
        if (g->ev[e->rf].time > e->time) e->time = g->ev[e->rf].time;
        break;
    case EV_CREATE:
    case EV_END:
    case EV_CHOICE: break;
    }
}

int coherence_floor(const struct graph *g, int loc, const struct clock *hb) {
    int floor = INIT, floor_pos = -1;
    if (loc >= g->n_locs) return INIT;
    int newest = g->mo_last[loc];
    for (int at = g->loc_last[loc]; at >= 0 && floor != newest; at = g->ev[at].loc_prev) {
        const struct event *e = &g->ev[at];
        if (e->idx >= hb->at[e->tid]) continue;
        int store = event_sees(e) ? e->rf : at;
        int pos = graph_mo_pos(g, store);
        if (pos > floor_pos) floor = store, floor_pos = pos;
    }
    return floor;
}
