/* psc.c - the seq_cst axiom: what can be reached from one event?
 *
 * What is reached of a thread, or of a location, is kept as the first of it that is, since the rest
 * follows: program order leads on in a thread, and modification order at a location. The events are
 * gone through in the order of their positions until nothing more is reached; an edge back to an
 * earlier position (modification order, reads-before) costs one more round.
 */
#include "psc.h"

#include "strong.h"

enum { NOWHERE = INT16_MAX, MANY = -2 };

/* By thread, the index of the first such event, or NOWHERE. */
static struct reached {
    int16_t access[MAX_THREADS]; /* seq_cst accesses that are reached */
    int16_t beyond[MAX_THREADS]; /* behind such an access in its thread, at another location */
    int16_t fence[MAX_THREADS];  /* seq_cst fences that are reached */
    int16_t knows[MAX_THREADS];  /* [F];hb?: such a fence, or what it happens-before */
    int16_t
        leads[MAX_THREADS];  /* hb?;[F] is what is missing here: behind a step from one of those */
    int16_t at[MAX_THREADS]; /* during a round: the location of the accesses reached so far */
} reached;

/* By location. Ranks in modification order, or NOWHERE. */
static struct place {
    int16_t access;             /* lowest rank of a seq_cst access that is reached */
    int16_t knows;              /* lowest rank of an event that knows a fence */
    int16_t knows_write;        /* and of a write among these */
    int16_t first[MAX_THREADS]; /* index of the first access of either kind */
} places[MAX_LOCATIONS];

static const struct graph *g; /* the graph under examination */
static bool changed;

static void lower(int16_t *least, int value) {
    if (value >= *least) return;
    *least = (int16_t)value;
    changed = true;
}

static void forget(void) {
    for (int t = 0; t < MAX_THREADS; t++)
        reached.access[t] = reached.beyond[t] = reached.fence[t] = reached.knows[t] =
            reached.leads[t] = NOWHERE;
    for (int loc = 0; loc < g->n_locs; loc++) {
        places[loc].access = places[loc].knows = places[loc].knows_write = NOWHERE;
        for (int t = 0; t < MAX_THREADS; t++) places[loc].first[t] = NOWHERE;
    }
}

/* Rank in modification order of what the event writes or reads. */
static int rank(const struct event *e) {
    return event_sees(e) ? graph_mo_pos(g, e->rf) : e->mo_pos;
}

/* Does one of the events, the first of each thread, happen before e or stand there? Within the
 * thread of e: `own` says whether. */
static bool any_before(const int16_t *first, const struct event *e, bool own) {
    for (int t = 0; t < MAX_THREADS; t++)
        if (first[t] < e->hb.at[t] && (own || t != e->tid)) return true;
    return false;
}

static const struct event *before_elsewhere(const struct event *e) {
    for (int at = e->po_prev; at >= 0; at = g->ev[at].po_prev)
        if (g->ev[at].loc != e->loc) return &g->ev[at];
    return NULL;
}

/* --- what reaches an event -------------------------------------------------------------------- */

/* By sb, mo, rb, hb|loc, or sb|≠loc;hb;sb|≠loc: scb from an access that is reached; or the same from
 * what knows a fence, where the last of them is contained in sb. */
static bool access_is_reached(const struct event *e) {
    const struct place *p = &places[e->loc];
    if (reached.access[e->tid] < e->idx || reached.knows[e->tid] < e->idx) return true;
    if (event_writes(e) && (p->access < e->mo_pos || p->knows < e->mo_pos)) return true;
    if (any_before(p->first, e, false)) return true;
    const struct event *before = before_elsewhere(e);
    return before && any_before(reached.beyond, before, false);
}

/* By hb from another fence, or at the end of hb from what a step has led to. */
static bool fence_is_reached(const struct event *e) {
    return reached.fence[e->tid] < e->idx || any_before(reached.fence, e, false) ||
           any_before(reached.leads, e, true);
}

/* A step to e, after which hb may lead to a fence: scb from an access, or eco from what knows a
 * fence. (Where scb keeps to hb, the fence is reached by hb.) */
static bool is_led_to(const struct event *e) {
    const struct place *p = &places[e->loc];
    int r = rank(e);
    return (event_writes(e) && p->access < r) || p->knows < r ||
           (event_sees(e) && p->knows_write <= r) || any_before(p->first, e, false);
}

/* --- what it reaches -------------------------------------------------------------------------- */

static void reach_access(const struct event *e) {
    lower(&reached.access[e->tid], e->idx);
    lower(&reached.leads[e->tid], e->idx + 1);
    lower(&places[e->loc].access, rank(e));
    lower(&places[e->loc].first[e->tid], e->idx);
    int16_t *at = &reached.at[e->tid];
    *at = *at == NONE || *at == e->loc ? e->loc : MANY;
}

static void knows_at_place(const struct event *e) {
    lower(&places[e->loc].knows, rank(e));
    if (event_writes(e)) lower(&places[e->loc].knows_write, e->mo_pos);
}

static void reach_memory(const struct event *e, bool knows) {
    if (is_led_to(e)) lower(&reached.leads[e->tid], e->idx);
    if (!knows) return;
    knows_at_place(e);
    lower(&places[e->loc].first[e->tid], e->idx);
}

/* One event in one round. True: the way has come back to `root`: to it if it is seq_cst itself and the
 * start, or to a fence before it. */
static bool reach(const struct event *e, const struct event *root, bool from_access) {
    if (reached.at[e->tid] != NONE && reached.at[e->tid] != e->loc)
        lower(&reached.beyond[e->tid], e->idx);
    if (event_is_sc(e) && e->kind == EV_FENCE && fence_is_reached(e)) {
        if (!from_access && hb_before(e, root)) return true;
        lower(&reached.fence[e->tid], e->idx);
    }
    bool knows = any_before(reached.fence, e, true);
    if (knows) lower(&reached.knows[e->tid], e->idx);
    if (e->loc < 0) return false;
    bool starts = from_access && e == root;
    if (event_is_sc(e)) {
        bool back = access_is_reached(e);
        if (back && starts) return true;
        if (back || starts) reach_access(e);
    }
    reach_memory(e, knows);
    return false;
}

static bool comes_back(const struct event *root, bool from_access) {
    forget();
    if (!from_access) knows_at_place(root);
    do {
        changed = false;
        for (int t = 0; t < MAX_THREADS; t++) reached.at[t] = NONE;
        for (int at = 0; at < g->n; at++)
            if (reach(&g->ev[at], root, from_access)) return true;
    } while (changed);
    return false;
}

static bool knows_sc_fence(const struct event *e) {
    for (int at = 0; at < g->n; at++)
        if (g->ev[at].kind == EV_FENCE && event_is_sc(&g->ev[at]) && hb_before(&g->ev[at], e))
            return true;
    return false;
}

bool psc_acyclic_at(const struct graph *graph, int event) {
    const struct event *e = &graph->ev[event];
    if (graph_mo_next(graph, e->loc, event_reads(e) ? e->rf : event) == NONE) return true;
    if (options.model != MODEL_RC11) return strong_acyclic_at(graph, event);
    if (graph->n_sc < 2) return true;
    g = graph;
    if (event_is_sc(e) && comes_back(e, true)) return false;
    return !knows_sc_fence(e) || !comes_back(e, false);
}
