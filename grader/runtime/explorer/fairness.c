/* fairness.c - who overtakes whom at a lock, in one execution.
 *
 * A request becomes known to others by the first write that its thread makes for it (its doorway:
 * Lamport, "A New Solution of Dijkstra's Concurrent Programming Problem", CACM 17(8), 1974). Another
 * one comes behind it if its own first write does: later in the modification order of the same
 * location, or by happens-before. If it enters before, it has overtaken. Entries of a lock are ordered
 * by happens-before.
 */
#include "fairness.h"

#include "fault.h"
#include "location.h"
#include "run.h"
#include "search.h"

enum { MAX_REQUESTS = 64 };

static struct request {
    int tid;
    int16_t from, to; /* visible events of its thread before it asked, and before it had entered */
    struct clock entered;
    uint64_t pc;
    int16_t doorway; /* position of its first write, or NONE */
} requests[MAX_REQUESTS];
static int n_requests;
static uint32_t run_of_requests;

#define API __attribute__((visibility("default")))
API void scenario_asks(void);
API void scenario_enters(void);

void scenario_asks(void) {
    if (run_of_requests != location_run) n_requests = 0;
    run_of_requests = location_run;
    uint64_t pc = (uint64_t)__builtin_return_address(0);
    if (n_requests == MAX_REQUESTS)
        fault_raise(FAULT_NOT_MODELLED, pc, "not modelled: more than %d calls of scenario_asks()",
                    MAX_REQUESTS);
    requests[n_requests++] = (struct request){
        .tid = run.me, .from = run.threads[run.me].performed, .to = NONE, .pc = pc};
}

void scenario_enters(void) {
    for (int i = n_requests - 1; i >= 0; i--) {
        struct request *r = &requests[i];
        if (r->tid != run.me || r->to != NONE) continue;
        r->to = run.threads[run.me].performed;
        r->entered = *run_known(run.me);
        return;
    }
    fault_raise(FAULT_MISUSE, (uint64_t)__builtin_return_address(0),
                "scenario_enters() without scenario_asks()");
}

static void find_doorways(void) {
    for (int i = 0; i < n_requests; i++) requests[i].doorway = NONE;
    for (int at = 0; at < run.g->n; at++) {
        const struct event *e = &run.g->ev[at];
        if (!event_writes(e)) continue;
        for (int i = 0; i < n_requests; i++) {
            struct request *r = &requests[i];
            if (r->doorway == NONE && r->tid == e->tid && e->idx >= r->from && e->idx < r->to)
                r->doorway = (int16_t)at;
        }
    }
}

static bool comes_behind(const struct request *b, const struct request *a) {
    if (a->doorway == NONE || b->doorway == NONE) return false;
    const struct event *x = &run.g->ev[a->doorway], *y = &run.g->ev[b->doorway];
    return hb_before(x, y) || (x->loc == y->loc && x->mo_pos < y->mo_pos);
}

static bool enters_before(const struct request *b, const struct request *a) {
    return b->to <= a->entered.at[b->tid];
}

void fairness_measure(unsigned bound) {
    if (run_of_requests != location_run) return;
    find_doorways();
    for (int i = 0; i < n_requests; i++) {
        const struct request *a = &requests[i];
        unsigned overtaken = 0;
        for (int k = 0; k < n_requests; k++)
            if (requests[k].tid != a->tid && comes_behind(&requests[k], a) &&
                enters_before(&requests[k], a))
                overtaken++;
        if (overtaken >= totals.bypass_below) totals.bypass_below = overtaken + 1;
        if (bound && overtaken >= bound)
            fault_raise(FAULT_PROGRESS, a->pc,
                        "unfair: thread %d was overtaken %u time%s while it waited", a->tid,
                        overtaken, overtaken == 1 ? "" : "s");
    }
}
