/* tell.c - steps, waiting threads and the fault, as JSON on one line each
 * (grader/schema/explore.schema.json). */
#include "tell.h"

#include <inttypes.h>

#include "fault.h"
#include "json.h"
#include "location.h"
#include "ops.h"
#include "run.h"
#include "search.h"
#include "sync.h"
#include "trace.h"

static FILE *out;

static void field(const char *name, const char *value) {
    fprintf(out, "\"%s\": ", name);
    json_string(out, value);
}

int tell_step_of(int event) {
    for (int i = 0; event >= 0 && i < n_steps; i++)
        if (!steps[i].plain && (steps[i].event == event || steps[i].second == event)) return i + 1;
    return 0;
}

/* --- both places of a fault ---------------------------------------------------------------------- */

static const struct step *step_at(int tid, uint64_t pc) {
    for (int i = n_steps - 1; i >= 0; i--)
        if (steps[i].tid == tid && steps[i].stack.n && steps[i].stack.pc[0] == pc) return &steps[i];
    return NULL;
}

static void write_other(void) {
    const struct step *step = step_at(fault.other_tid, fault.other_pc);
    struct stack just_pc = {.n = 1, .pc = {(uint32_t)fault.other_pc}};
    fprintf(out, "{\"thread\": %d, \"pc\": ", fault.other_tid);
    json_hex(out, fault.other_pc, true);
    fputs(", \"stack\": ", out);
    json_stack(out, step ? &step->stack : &just_pc);
    fputs(", ", out);
    field("what", fault.other_what);
    fprintf(out, ", \"step\": %d}", step ? (int)(step - steps) + 1 : 0);
}

/* Why neither happens-before the other: what would have made the edge. */
static const char *missing_edge(void) {
    if (fault.kind != FAULT_RACE) return NULL;
    static char text[200];
    snprintf(
        text, sizeof text,
        "nothing that thread %d does after its access is a release that thread %d has acquired "
        "before this one",
        fault.other_tid, fault.tid);
    return text;
}

/* --- who waits for what ------------------------------------------------------------------------ */

/* The hidden location of the object that the thread waits at, or NONE. */
static int waited_location(const struct thread *t) {
    if (t->wait_label == LABEL_JOIN || t->wait_label == LABEL_SPIN) return NONE;
    for (int at = run.g->n - 1; at >= 0; at--) {
        const struct event *e = &run.g->ev[at];
        if (e->loc >= 0 && e->hidden && locations[e->loc].address == t->wait_arg) return e->loc;
    }
    return NONE;
}

/* Who changed the state last: of a mutex that is held, its holder. */
static void write_holder(const struct thread *t, int loc) {
    bool lock = t->wait_label == LABEL_MUTEX_LOCK || t->wait_label == LABEL_SPIN_LOCK ||
                t->wait_label == LABEL_RWLOCK_RDLOCK || t->wait_label == LABEL_RWLOCK_WRLOCK;
    int last = loc >= 0 && lock ? run.g->mo_last[loc] : INIT;
    if (last == INIT || run.g->ev[last].wval == 0)
        fputs(", \"held_by\": null, \"held_since\": 0", out);
    else
        fprintf(out, ", \"held_by\": %d, \"held_since\": %d", run.g->ev[last].tid,
                tell_step_of(last));
}

/* A wake that found nobody to wake: the lost one, if a sleeper came behind it. */
static bool woke_nobody(const struct event *e) {
    bool wake = e->label == LABEL_FUTEX_WAKE || e->label == LABEL_COND_SIGNAL ||
                e->label == LABEL_COND_BROADCAST;
    return wake && e->kind == EV_RMW_R && queue_length(e->rval) == 0;
}

static void write_lost_wakes(int loc) {
    int n = 0;
    fputs(", \"woke_nobody\": [", out);
    for (int at = 0; loc >= 0 && at < run.g->n; at++)
        if (run.g->ev[at].loc == loc && woke_nobody(&run.g->ev[at]))
            fprintf(out, "%s%d", n++ ? ", " : "", tell_step_of(at));
    fputs("]", out);
}

static void write_waiting_thread(int tid) {
    const struct thread *t = &run.threads[tid];
    struct stack stack = trace_stack(tid, t->wait_pc);
    int loc = waited_location(t);
    fprintf(out, "{\"thread\": %d, \"pc\": ", tid);
    json_hex(out, t->wait_pc, true);
    fputs(", \"stack\": ", out);
    json_stack(out, &stack);
    fputs(", ", out);
    field("for", label_name(t->wait_label));
    fputs(", \"address\": ", out);
    json_hex(out, t->wait_label == LABEL_JOIN ? 0 : t->wait_arg, true);
    if (t->wait_label == LABEL_JOIN)
        fprintf(out, ", \"joins\": %d", (int)t->wait_arg);
    else
        fputs(", \"joins\": null", out);
    write_holder(t, loc);
    write_lost_wakes(loc);
    fputs("}", out);
}

void tell_waiting(FILE *to) {
    int n = 0;
    out = to;
    fputs("[", out);
    for (int t = 0; t < run.n_threads; t++) {
        enum thread_state state = run.threads[t].state;
        if (state != THREAD_WAITING && state != THREAD_STUCK) continue;
        if (n++) fputs(", ", out);
        write_waiting_thread(t);
    }
    fputs("]", out);
}

/* --- the fault --------------------------------------------------------------------------------- */

void tell_fault(FILE *to) {
    out = to;
    if (fault.kind == FAULT_NONE) {
        fputs("null", out);
        return;
    }
    fputs("{", out);
    field("kind", fault_name(fault.kind));
    bool of_one_run = fault.tid >= 0; /* else all executions together show it */
    fprintf(out, ", \"thread\": %d, ", of_one_run ? fault.tid : -1);
    field("text", fault.text);
    fputs(", \"pc\": ", out);
    json_hex(out, fault.pc, true);
    fputs(", \"stack\": ", out);
    json_stack(out, &fault.stack);
    fputs(", \"other\": ", out);
    if (fault.other_pc)
        write_other();
    else
        fputs("null", out);
    fputs(", \"address\": ", out);
    json_hex(out, fault.address, true);
    fputs(", ", out);
    field("missing", missing_edge());
    fputs(", ", out);
    field("token", of_one_run ? trace_token() : NULL);
    fprintf(out, ", \"replays\": %s, \"waiting\": ", totals.replays ? "true" : "false");
    if (run.end == RUN_STUCK)
        tell_waiting(out);
    else
        fputs("[]", out);
    fputs(", ", out);
    field("history", fault.history);
    fputs("}", out);
}

/* --- the trace -------------------------------------------------------------------------------- */

static const char *op_of(const struct event *e) {
    static const char *const names[] = {"load",   "store", "rmw",  "rmw",   "fence",
                                        "create", "end",   "join", "choice"};
    return names[e->kind];
}

static const char *order_of(int order) {
    static const char *const names[] = {NULL,      "relaxed", "acquire",
                                        "release", "acq_rel", "seq_cst"};
    return names[order];
}

static void write_values(const struct event *e, const struct event *second) {
    fputs(", \"read\": ", out);
    if (event_reads(e))
        json_hex(out, e->rval, false);
    else
        fputs("null", out);
    fputs(", \"written\": ", out);
    if (e->kind == EV_STORE)
        json_hex(out, e->wval, false);
    else if (second)
        json_hex(out, second->wval, false);
    else
        fputs("null", out);
    fputs(", \"from\": ", out);
    if ((event_reads(e) || e->kind == EV_JOIN) && e->rf >= 0)
        fprintf(out, "%d", tell_step_of(e->rf));
    else
        fputs(event_reads(e) ? "0" : "null", out);
}

/* What happens-before the step: of a plain access, what did before the thread's next event. */
static const struct clock *known_at(const struct step *s) {
    static const struct clock nothing;
    int at = s->event >= 0 ? s->event : run.g->creator[s->tid];
    return at >= 0 ? &run.g->ev[at].hb : &nothing;
}

/* Of each thread the last step, other than a plain access, that happens-before step `i` or is it. */
static void write_known(int i) {
    const struct clock *known = known_at(&steps[i]);
    int last[MAX_THREADS] = {0};
    for (int at = i; at >= 0; at--) {
        const struct step *s = &steps[at];
        if (s->plain || last[s->tid]) continue;
        if (run.g->ev[s->event].idx < known->at[s->tid]) last[s->tid] = at + 1;
    }
    fputs(", \"after\": [", out);
    for (int t = 0; t < run.n_threads; t++) fprintf(out, "%s%d", t ? ", " : "", last[t]);
    fputs("]", out);
}

/* The store's rank in the modification order of its location. */
static void write_rank(const struct step *s) {
    int at = s->second >= 0 ? s->second : s->event;
    if (!s->plain && event_writes(&run.g->ev[at]))
        fprintf(out, ", \"rank\": %d", run.g->ev[at].mo_pos);
    else
        fputs(", \"rank\": null", out);
}

static void write_event(const struct step *s) {
    const struct event *e = &run.g->ev[s->event];
    const struct event *second = s->second >= 0 ? &run.g->ev[s->second] : NULL;
    field("op", op_of(e));
    fputs(", ", out);
    field("label", label_name(e->label));
    fputs(", ", out);
    field("order", e->loc >= 0 && e->hidden ? NULL : order_of(e->order));
    fputs(", \"address\": ", out);
    json_hex(out, e->loc >= 0 ? locations[e->loc].address : 0, true);
    fprintf(out, ", \"size\": %d, \"location\": ", e->size);
    if (e->loc >= 0)
        fprintf(out, "%d, \"hidden\": %s", e->loc, e->hidden ? "true" : "false");
    else
        fputs("null, \"hidden\": false", out);
    write_values(e, second);
    fprintf(out, ", \"stale\": %s, \"note\": ", s->stale ? "true" : "false");
    if (e->kind == EV_CREATE)
        fprintf(out, "\"thread %d\"", e->rf);
    else if (e->kind == EV_CHOICE)
        fprintf(out, "\"%d\"", e->rf);
    else
        fputs("null", out);
}

static void write_plain(const struct step *s) {
    const char *op = s->freed ? "free" : s->write ? "write" : "read";
    fprintf(out, "\"op\": \"%s\", \"label\": \"%s%s\", \"order\": null, \"address\": ", op,
            s->freed ? "" : "plain ", op);
    json_hex(out, s->address, true);
    fprintf(out, ", \"size\": %u, \"location\": null, \"hidden\": false, \"read\": ", s->size);
    if (!s->write && s->value_known)
        json_hex(out, s->value, false);
    else
        fputs("null", out);
    fputs(", \"written\": ", out);
    if (s->write && s->value_known)
        json_hex(out, s->value, false);
    else
        fputs("null", out);
    fputs(", \"from\": null, \"stale\": false, \"note\": null", out);
}

void tell_step(FILE *to, int i) {
    const struct step *s = &steps[i];
    out = to;
    fprintf(out, "{\"n\": %d, \"thread\": %d, \"pc\": ", i + 1, s->tid);
    json_hex(out, s->stack.n ? s->stack.pc[0] : 0, true);
    fputs(", \"stack\": ", out);
    json_stack(out, &s->stack);
    fputs(", ", out);
    if (s->plain)
        write_plain(s);
    else
        write_event(s);
    write_rank(s);
    write_known(i);
    fputc('}', out);
}
