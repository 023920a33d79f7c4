/* report.c - the result, for a person in one line and for programs as JSON
 * (grader/schema/explore.schema.json). */
#include "report.h"

#include <inttypes.h>
#include <string.h>

#include "config.h"
#include "fault.h"
#include "json.h"
#include "outcome.h"
#include "output.h"
#define HB_WITHOUT_CRITERION
#include "progress.h"
#include "run.h"
#include "search.h"
#include "tell.h"
#include "trace.h"

static FILE *out;

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
            ", \"max_depth\": %" PRIu64 ", \"threads\": %d, \"settled\": %" PRIu64
            ", \"bypass_below\": %u,\n",
            totals.executions, totals.blocked, totals.steps, totals.seconds, options.seed,
            options.mode == SAMPLE ? totals.executions : 0, totals.longest, totals.threads,
            totals.settled, totals.bypass_below);
    field("statement", totals.statement);
    fputs(",\n\"outcomes\": [", out);
    outcome_each(one_outcome, &n);
    fputs("],\n", out);
}

static void write_trace(void) {
    fputs(",\n\"trace\": [", out);
    for (int i = 0; i < n_steps; i++) {
        fputs(i ? ",\n  " : "\n  ", out);
        tell_step(out, i);
    }
    fputs("]", out);
}

static void write_progress(void) {
    fputs(",\n\"progress\": ", out);
    if (!progress.measured) {
        fputs("null", out);
        return;
    }
    fputs("{", out);
    bool cut = totals.bound || (fault.kind != FAULT_NONE && fault.kind != FAULT_PROGRESS);
    field("result", cut ? NULL : progress_name(progress.result));
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
    tell_fault(out);
    write_trace();
    write_progress();
    fputs(",\n\"output\": ", out);
    json_text(out, printed, fault.kind == FAULT_NONE ? 0 : n);
    fprintf(out,
            ",\n\"counters\": {\"abandoned\": %" PRIu64 ", \"cut\": %" PRIu64
            ", \"faulty\": %" PRIu64 "}}\n",
            totals.abandoned, totals.cut, totals.faulty);
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
