/* stuck.c - nobody can run: is that a fault of the program, or of the choices made? */
#include "stuck.h"

#include <stdio.h>

#include "fault.h"
#include "ops.h"
#include "spin.h"
#include "sync.h"

/* Is this read on the newest store, or only followed by RMWs that changed nothing? Else it is stuck
 * because it was made to read an old store, which cannot last: stores become visible (C17 7.17.3
 * paragraph 16). */
static bool reads_newest(const struct graph *g, int read) {
    const struct event *r = &g->ev[read];
    value_t value = r->rval;
    for (int w = graph_mo_next(g, r->loc, r->rf); w >= 0; w = g->ev[w].mo_next)
        if (g->ev[w].kind != EV_RMW_W || g->ev[w].wval != value) return false;
    return true;
}

static bool all_read_newest(const struct graph *g) {
    for (int t = 0; t < run.n_threads; t++) {
        const struct thread *thread = &run.threads[t];
        if (thread->state != THREAD_STUCK) continue;
        if (thread->wait_label == LABEL_SPIN && spin_news(t) != NONE) return false;
        if (thread->stuck_on >= 0 && !reads_newest(g, thread->stuck_on)) return false;
    }
    return true;
}

/* A wait with a deadline ends without anybody's help: in another execution it does. */
static bool somebody_may_give_up(void) {
    for (int t = 0; t < run.n_threads; t++) {
        enum thread_state state = run.threads[t].state;
        if ((state == THREAD_STUCK || state == THREAD_WAITING) && sync_may_give_up(t)) return true;
    }
    return false;
}

static void tell(enum fault_kind kind) {
    char text[900];
    size_t n = 0;
    int first = NONE;
    for (int t = 0; t < run.n_threads; t++) {
        const struct thread *thread = &run.threads[t];
        if (thread->state != THREAD_STUCK && thread->state != THREAD_WAITING) continue;
        if (first == NONE || run.threads[first].wait_label == LABEL_JOIN) first = t;
        n += (size_t)snprintf(text + n, sizeof text - n, "%sthread %d waits for ever (%s)",
                              n ? "; " : "", t, label_name(thread->wait_label));
        if (n >= sizeof text) break;
    }
    fault_note(kind, first, run.threads[first].wait_pc, "%s", text);
    explorer_fault_here(); /* on the stack of the thread that came to a stand last */
}

enum run_end stuck_verdict(void) {
    bool stuck = false, sleeps = false, spins = false;
    for (int t = 0; t < run.n_threads; t++) {
        const struct thread *thread = &run.threads[t];
        if (thread->state == THREAD_STUCK || thread->state == THREAD_WAITING) {
            stuck = true;
            if (thread->wait_label == LABEL_SPIN) spins = true;
            if (thread->wait_label == LABEL_FUTEX_WOKEN || thread->wait_label == LABEL_COND_WOKEN)
                sleeps = true;
        }
    }
    if (!stuck || run.exited) return RUN_COMPLETE;
    if (run.suspends) {
        tell(FAULT_PROGRESS);
        return RUN_STUCK;
    }
    if (somebody_may_give_up() || !all_read_newest(run.g)) return RUN_BLOCKED;
    tell(spins ? FAULT_LIVELOCK : sleeps ? FAULT_LOST_WAKEUP : FAULT_DEADLOCK);
    return RUN_STUCK;
}
