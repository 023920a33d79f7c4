/* report.c - the result, for a person in one line and for programs as JSON
 * (grader/schema/explore.schema.json). */
#include "report.h"

#include <inttypes.h>
#include <string.h>

#include "config.h"
#include "fault.h"
#include "json.h"
#include "location.h"
#include "ops.h"
#include "outcome.h"
#include "output.h"
#define HB_WITHOUT_CRITERION
#include "progress.h"
#include "run.h"
#include "search.h"
#include "trace.h"

static FILE *out;
static int step_of[MAX_EVENTS]; /* number of the step that performs the event */

static const char *verdict(void) {
    if (fault.kind == FAULT_NOT_MODELLED) return "not modelled";
    if (fault.kind != FAULT_NONE) return "fault";
    return totals.bound ? "bounded" : "correct";
}

static void field(const char *name, const char *value) {
    fprintf(out, "\"%s\": ", name);
    json_string(out, value);
}

static void one_outcome(const char *state, uint64_t executions, void *context) {
    int *n = context;
    fputs((*n)++ ? ",\n  {" : "\n  {", out);
    field("state", state);
    fprintf(out, ", \"executions\": %" PRIu64 "}", executions);
}

static void write_totals(void) {
    static const char *const models[] = {"rc11", "sc", "tso"};
    static const char *const modes[] = {"exhaustive", "sample", "progress", "adversary"};
    int n = 0;
    fputs("{\"schema\": 1,\n", out);
    field("verdict", verdict());
    fputs(",\n", out);
    field("mode", modes[options.mode]);
    fputs(", ", out);
    field("model", models[options.model]);
    fputs(", ", out);
    field("scenario", options.scenario);
    fprintf(out, ",\n\"complete\": %s, ",
            !totals.bound && fault.kind == FAULT_NONE ? "true" : "false");
    field("bound", totals.bound);
    fprintf(out,
            ",\n\"executions\": %" PRIu64 ", \"blocked\": %" PRIu64 ", \"steps\": %" PRIu64
            ", \"seconds\": %.6f,\n\"seed\": %" PRIu64 ", \"samples\": %" PRIu64
            ", \"max_depth\": %" PRIu64 ", \"threads\": %d,\n",
            totals.executions, totals.blocked, totals.steps, totals.seconds, options.seed,
            options.mode == SAMPLE ? totals.executions : 0, totals.longest, totals.threads);
    field("statement", totals.statement);
    fputs(",\n\"outcomes\": [", out);
    outcome_each(one_outcome, &n);
    fputs("],\n", out);
}

/* --- the fault -------------------------------------------------------------------------------- */

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

static void write_waiting(void) {
    int n = 0;
    fputs("[", out);
    for (int t = 0; t < run.n_threads && run.end == RUN_STUCK; t++) {
        const struct thread *thread = &run.threads[t];
        if (thread->state != THREAD_WAITING && thread->state != THREAD_STUCK) continue;
        struct stack stack = trace_stack(t, thread->wait_pc);
        fprintf(out, "%s\n  {\"thread\": %d, \"pc\": ", n++ ? "," : "", t);
        json_hex(out, thread->wait_pc, true);
        fputs(", \"stack\": ", out);
        json_stack(out, &stack);
        fputs(", ", out);
        field("for", label_name(thread->wait_label));
        fputs(", \"address\": ", out);
        json_hex(out, thread->wait_label == LABEL_JOIN ? 0 : thread->wait_arg, true);
        fprintf(out, ", \"joins\": ");
        if (thread->wait_label == LABEL_JOIN)
            fprintf(out, "%d}", (int)thread->wait_arg);
        else
            fputs("null}", out);
    }
    fputs("]", out);
}

static void write_fault(void) {
    if (fault.kind == FAULT_NONE) {
        fputs("null", out);
        return;
    }
    fputs("{", out);
    field("kind", fault_name(fault.kind));
    fprintf(out, ", \"thread\": %d, ", fault.tid);
    field("text", fault.text);
    fputs(",\n \"pc\": ", out);
    json_hex(out, fault.pc, true);
    fputs(", \"stack\": ", out);
    json_stack(out, &fault.stack);
    fputs(",\n \"other\": ", out);
    if (fault.other_pc)
        write_other();
    else
        fputs("null", out);
    fputs(",\n \"address\": ", out);
    json_hex(out, fault.address, true);
    fputs(", ", out);
    field("missing", missing_edge());
    fputs(",\n ", out);
    field("token", trace_token());
    fprintf(out, ", \"replays\": %s,\n \"waiting\": ", totals.replays ? "true" : "false");
    write_waiting();
    fputs(",\n ", out);
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
        fprintf(out, "%d", step_of[e->rf]);
    else
        fputs(event_reads(e) ? "0" : "null", out);
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
    fprintf(out, "\"op\": \"%s\", \"label\": \"plain %s\", \"order\": null, \"address\": ",
            s->write ? "write" : "read", s->write ? "write" : "read");
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

static void write_step(int i) {
    const struct step *s = &steps[i];
    fprintf(out, "%s\n {\"n\": %d, \"thread\": %d, \"pc\": ", i ? "," : "", i + 1, s->tid);
    json_hex(out, s->stack.n ? s->stack.pc[0] : 0, true);
    fputs(", \"stack\": ", out);
    json_stack(out, &s->stack);
    fputs(", ", out);
    if (s->plain)
        write_plain(s);
    else
        write_event(s);
    fputc('}', out);
}

static void write_trace(void) {
    fputs(",\n\"trace\": [", out);
    for (int i = 0; i < n_steps; i++) {
        if (steps[i].plain) continue;
        step_of[steps[i].event] = i + 1;
        if (steps[i].second >= 0) step_of[steps[i].second] = i + 1;
    }
    for (int i = 0; i < n_steps; i++) write_step(i);
    fputs("]", out);
}

static void write_progress(void) {
    fputs(",\n\"progress\": ", out);
    if (!progress.measured) {
        fputs("null", out);
        return;
    }
    fputs("{", out);
    field("result", totals.bound ? NULL : progress_name(progress.result));
    fputs(", ", out);
    field("claim", progress.claim ? progress_name(progress.claim) : NULL);
    fprintf(out, ", \"contention\": %d, \"operations\": [", progress.contention);
    for (int i = 0; i < progress.n_operations; i++) {
        fputs(i ? ", {" : "{", out);
        field("name", progress.operations[i].name);
        fputs(", \"steps\": [", out);
        for (int c = 0; c < progress.contention; c++)
            fprintf(out, "%s%d", c ? ", " : "", progress.operations[i].steps[c]);
        fputs("]}", out);
    }
    fputs("]}", out);
}

static void write_json(void) {
    size_t n = 0;
    const char *printed = output_text(&n);
    write_totals();
    fputs("\"fault\": ", out);
    write_fault();
    write_trace();
    write_progress();
    fputs(",\n\"output\": ", out);
    json_text(out, printed, fault.kind == FAULT_NONE ? 0 : n);
    fprintf(out,
            ",\n\"counters\": {\"abandoned\": %" PRIu64 ", \"cut\": %" PRIu64
            ", \"faulty\": %" PRIu64 ", \"settled\": %" PRIu64 "}}\n",
            totals.abandoned, totals.cut, totals.faulty, totals.settled);
}

static void say(void) {
    fprintf(stderr, "%s: %" PRIu64 " executions, %" PRIu64 " blocked, %.3f s", verdict(),
            totals.executions, totals.blocked, totals.seconds);
    if (totals.bound) fprintf(stderr, "; bounded by %s", totals.bound);
    if (progress.measured && !totals.bound) fprintf(stderr, "; %s", progress_name(progress.result));
    if (fault.kind != FAULT_NONE)
        fprintf(stderr, "\n%s in thread %d at 0x%" PRIx64 ": %s\n--replay %s",
                fault_name(fault.kind), fault.tid, fault.pc, fault.text, trace_token());
    fputc('\n', stderr);
}

void report(void) {
    if (!options.json) {
        say();
        return;
    }
    out = strcmp(options.json, "-") == 0 ? stdout : fopen(options.json, "w");
    if (!out) fault_internal("the file given to --json cannot be written");
    write_json();
    if (out != stdout) fclose(out);
}
