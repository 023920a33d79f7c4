/* drive.c - who decides what a new event does: the search, or a driver. */
#include "drive.h"

#include "coherence.h"
#include "psc.h"
#include "revisit.h"
#include "run.h"
#include "search.h"

const struct driver *driver;

static int16_t stores[MAX_EVENTS];

/* Under the axioms, can the read take this store? Leaves it there. */
static bool try_store(struct graph *g, int read, int store) {
    struct event *r = &g->ev[read];
    graph_set_rf(g, r, store);
    if (!guard_holds(r, r->rval)) return false;
    if (r->kind == EV_RMW_R && rmw_succeeds(r) && graph_rmw_reads(g, r->loc, store)) return false;
    event_set_clocks(g, read);
    return psc_acyclic_at(g, read);
}

/* All stores that the read may take, the newest first. */
static int collect_stores(struct graph *g, int read) {
    struct event *r = &g->ev[read];
    int n = 0, floor = coherence_floor(g, r->loc, revisit_known(g, r));
    for (int store = g->mo_last[r->loc];; store = g->ev[store].mo_prev) {
        if (try_store(g, read, store)) stores[n++] = (int16_t)store;
        if (store == floor || store == INIT) return n;
    }
}

/* The store that is last in modification order is not yet read by another RMW. So where the guard
 * likes it, that is enough (it is always consistent to read it). */
bool drive_can_read(struct graph *g, const struct event *read) {
    graph_use_location(g, read->loc);
    if (guard_holds(read, graph_value(g, read->loc, g->mo_last[read->loc]))) return true;
    int at = graph_append(g, read);
    int n = collect_stores(g, at);
    graph_cut(g, at - 1);
    g->next_stamp--;
    return n > 0;
}

void drive_read(struct graph *g, int read) {
    if (g->ev[read].settled) {
        if (!revisit_settle(g, read)) run_end(RUN_BLOCKED);
        totals.settled++;
        return;
    }
    if (!driver) {
        revisit_choose_store(g, read);
        return;
    }
    if (driver->newest && driver->newest() && try_store(g, read, g->mo_last[g->ev[read].loc]))
        return;
    int n = collect_stores(g, read);
    int chosen = n > 1 ? driver->store(&g->ev[read], stores, n) : 0;
    if (n > 0) try_store(g, read, stores[chosen]);
}

static int collect_places(struct graph *g, int write) {
    struct event *w = &g->ev[write];
    int n = 0, floor = coherence_floor(g, w->loc, &w->hb);
    for (int prev = g->mo_last[w->loc];; prev = g->ev[prev].mo_prev) {
        if (!graph_rmw_reads(g, w->loc, prev)) {
            graph_mo_insert(g, write, prev);
            if (psc_acyclic_at(g, write)) stores[n++] = (int16_t)prev;
            graph_mo_remove(g, write);
        }
        if (prev == floor || prev == INIT) return n;
    }
}

bool drive_write(struct graph *g, int write) {
    if (!driver) return revisit_place_store(g, write);
    struct event *w = &g->ev[write];
    if (w->kind == EV_RMW_W) {
        graph_mo_insert(g, write, w->rf);
        return true;
    }
    if (driver->newest && driver->newest()) {
        graph_mo_insert(g, write, g->mo_last[w->loc]);
        return true;
    }
    int n = collect_places(g, write);
    if (n == 0) return false;
    graph_mo_insert(g, write, stores[n > 1 ? driver->place(w, stores, n) : 0]);
    return true;
}

void drive_value(struct graph *g, int choice, int n) {
    if (!driver)
        revisit_choose_value(choice, n);
    else
        g->ev[choice].rf = (int16_t)driver->value(n);
}
