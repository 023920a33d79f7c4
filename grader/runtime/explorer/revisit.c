/* revisit.c - TruSt's choices.
 *
 * The canonical way of adding an event is the maximal one: a read takes the last store, a store the
 * last place. What a backward revisit deletes must have been added so; then the graph that it makes
 * is made once only.
 */
#include "revisit.h"

#include <string.h>

#include "coherence.h"
#include "location.h"
#include "psc.h"
#include "work.h"

static int mo_prev(const struct graph *g, int store) { return g->ev[store].mo_prev; }

/* Waker and sleeper meet under the lock of the kernel's queue. That orders nothing that C knows of;
 * but the sleeper, awake again, does not see the word that it slept on older than its waker knew it. */
static const struct clock *known_by_wakers(const struct graph *g, const struct event *e) {
    static struct clock known;
    known = g->ev[e->po_prev].hb;
    for (int at = g->ev[e->po_prev].woken; at >= 0; at = g->ev[g->ev[at].po_prev].woken)
        if (g->ev[at].loc >= 0 && locations[g->ev[at].loc].address == locations[e->loc].address)
            clock_join(&known, &g->ev[g->ev[at].rf].hb);
    return &known;
}

const struct clock *revisit_known(const struct graph *g, const struct event *e) {
    static const struct clock nothing;
    if (e->po_prev >= 0) {
        const struct event *before = &g->ev[e->po_prev];
        if (e->hidden == HIDDEN_UNORDERED) return &before->porf;
        return before->woken >= 0 && e->loc >= 0 ? known_by_wakers(g, e) : &before->hb;
    }
    return g->creator[e->tid] >= 0 ? &g->ev[g->creator[e->tid]].hb : &nothing;
}

bool revisit_settle(struct graph *g, int read) {
    struct event *r = &g->ev[read];
    graph_set_rf(g, r, coherence_floor(g, r->loc, revisit_known(g, r)));
    event_set_clocks(g, read);
    return psc_acyclic_at(g, read);
}

void revisit_choose_store(struct graph *g, int read) {
    struct event *r = &g->ev[read];
    int newest = g->mo_last[r->loc];
    graph_set_rf(g, r, newest);
    event_set_clocks(g, read);
    int floor = coherence_floor(g, r->loc, revisit_known(g, r));
    for (int store = newest; store != floor;) {
        store = mo_prev(g, store);
        if (guard_holds(r, graph_value(g, r->loc, store)))
            work_push(
                (struct work){.kind = WORK_READ, .event = (int16_t)read, .a = (int16_t)store});
    }
}

/* Would a store behind `prev` come between an RMW and the store that it reads? Only events that
 * `keep` marks count; NULL: all. */
static bool splits_rmw(const struct graph *g, int loc, int prev, const bool *keep) {
    int next = prev;
    do next = graph_mo_next(g, loc, next);
    while (next >= 0 && keep && !keep[next]);
    return next >= 0 && g->ev[next].kind == EV_RMW_W && g->ev[next].rf == prev;
}

static bool kept(const struct event *e, const struct event *read, const struct event *write) {
    return e->stamp <= read->stamp || porf_before(e, write);
}

/* Is `at` the newest, in modification order, among the stores that were there when it was added or
 * that `write` depends on? */
static bool added_maximally(const struct graph *g, int at, const struct event *write) {
    const struct event *e = &g->ev[at];
    if (e->kind == EV_CHOICE) return e->rf == 0;
    if (e->loc < 0 || e->kind == EV_JOIN || e->settled) return true;
    int store = event_reads(e) ? e->rf : at;
    for (int w = graph_mo_next(g, e->loc, store); w >= 0; w = g->ev[w].mo_next) {
        const struct event *later = &g->ev[w];
        if (later->stamp <= e->stamp || porf_before(later, write)) return false;
    }
    return true;
}

/* TruSt's condition on what the revisit deletes, and on the read itself. Fills keep. */
static bool deletes_canonically(const struct graph *g, int write, int read, bool *keep) {
    const struct event *w = &g->ev[write], *r = &g->ev[read];
    for (int at = 0; at < g->n; at++) {
        const struct event *e = &g->ev[at];
        keep[at] = kept(e, r, w);
        if (event_reads(e) && e->rf >= 0 && !keep[e->rf] && g->ev[e->rf].stamp > e->stamp)
            return false; /* a store that revisited an earlier read is no canonical one */
        if (keep[at] && at != read) continue;
        if (!added_maximally(g, at, w)) return false;
    }
    return true;
}

/* All places that a store may take among the kept ones, newest first, left as work. */
static void push_revisits(const struct graph *g, int write, int read, const bool *keep) {
    const struct event *w = &g->ev[write], *r = &g->ev[read];
    int floor_read = graph_mo_pos(g, coherence_floor(g, r->loc, revisit_known(g, r)));
    int floor_write = graph_mo_pos(g, coherence_floor(g, w->loc, &w->hb));
    int floor = floor_read > floor_write ? floor_read : floor_write;
    bool rmw = w->kind == EV_RMW_W;
    for (int prev = g->mo_last[w->loc];; prev = mo_prev(g, prev)) {
        if (graph_mo_pos(g, prev) < floor) return;
        if ((prev == INIT || keep[prev]) && (!rmw || prev == w->rf) &&
            !splits_rmw(g, w->loc, prev, keep))
            work_push((struct work){.kind = WORK_REVISIT,
                                    .event = (int16_t)write,
                                    .a = (int16_t)read,
                                    .b = (int16_t)prev});
        if (prev == INIT) return;
    }
}

static void push_all_revisits(const struct graph *g, int write) {
    static bool keep[MAX_EVENTS];
    const struct event *w = &g->ev[write];
    for (int at = w->loc_prev; at >= 0; at = g->ev[at].loc_prev) {
        const struct event *r = &g->ev[at];
        if (!event_reads(r) || r->settled || porf_before(r, w)) continue;
        if (deletes_canonically(g, write, at, keep)) push_revisits(g, write, at, keep);
    }
}

static void push_other_places(const struct graph *g, int write) {
    const struct event *w = &g->ev[write];
    int floor = coherence_floor(g, w->loc, &w->hb);
    for (int prev = g->mo_last[w->loc]; prev != floor;) {
        prev = mo_prev(g, prev);
        if (!splits_rmw(g, w->loc, prev, NULL))
            work_push(
                (struct work){.kind = WORK_PLACE, .event = (int16_t)write, .a = (int16_t)prev});
    }
}

bool revisit_place_store(struct graph *g, int write) {
    struct event *w = &g->ev[write];
    bool rmw = w->kind == EV_RMW_W;
    int prev = rmw ? w->rf : g->mo_last[w->loc];
    push_all_revisits(g, write);
    if (rmw && graph_rmw_reads(g, w->loc, prev)) return false;
    if (!rmw) push_other_places(g, write);
    graph_mo_insert(g, write, prev);
    return true;
}

void revisit_choose_value(int choice, int n) {
    for (int value = n - 1; value > 0; value--)
        work_push((struct work){.kind = WORK_VALUE, .event = (int16_t)choice, .a = (int16_t)value});
}

bool revisit_set_store(struct graph *g, int read, int store) {
    struct event *r = &g->ev[read];
    graph_set_rf(g, r, store);
    event_set_clocks(g, read);
    if (!psc_acyclic_at(g, read)) return false;
    if (r->kind != EV_RMW_R || r->op == RMW_OPEN || !rmw_succeeds(r)) return true;
    if (!graph_rmw_reads(g, r->loc, store)) return true;
    rmw_append_write(g, read);
    push_all_revisits(g, g->n - 1);
    return false;
}

bool revisit_move_store(struct graph *g, int write, int prev) {
    graph_mo_remove(g, write);
    graph_mo_insert(g, write, prev);
    return psc_acyclic_at(g, write);
}

bool revisit_make(struct graph *to, const struct graph *from, int write, int read, int prev) {
    static bool keep[MAX_EVENTS];
    static int16_t map[MAX_EVENTS];
    for (int at = 0; at < from->n; at++)
        keep[at] = kept(&from->ev[at], &from->ev[read], &from->ev[write]);
    graph_restrict(to, from, keep, read, map);
    int w = map[write];
    graph_mo_remove(to, w);
    graph_mo_insert(to, w, prev == INIT ? INIT : map[prev]);
    int r = map[read];
    graph_set_rf(to, &to->ev[r], w);
    event_set_clocks(to, r);
    return psc_acyclic_at(to, w) && psc_acyclic_at(to, r);
}
