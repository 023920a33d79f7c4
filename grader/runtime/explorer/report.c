/* report.c - the result, for a person in one line and for programs as JSON. */
#include "report.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "config.h"
#include "fault.h"
#include "outcome.h"
#include "output.h"
#include "search.h"

static FILE *out;

static void text(const char *s, size_t n) {
    fputc('"', out);
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)s[i];
        if (c == '"' || c == '\\')
            fprintf(out, "\\%c", c);
        else if (c < 0x20 || c >= 0x7F)
            fprintf(out, "\\u%04x", c);
        else
            fputc(c, out);
    }
    fputc('"', out);
}

static void string(const char *s) {
    if (s)
        text(s, strlen(s));
    else
        fputs("null", out);
}

static const char *verdict(void) {
    if (fault.kind == FAULT_NOT_MODELLED) return "not modelled";
    if (fault.kind != FAULT_NONE) return "fault";
    return totals.bound ? "bounded" : "correct";
}

static void one_outcome(const char *state, uint64_t executions, void *context) {
    int *n = context;
    fputs((*n)++ ? ",\n  {\"state\": " : "\n  {\"state\": ", out);
    string(state);
    fprintf(out, ", \"executions\": %" PRIu64 "}", executions);
}

static void write_json(void) {
    static const char *const models[] = {"rc11", "sc", "tso"};
    static const char *const modes[] = {"exhaustive", "sample", "progress", "adversary"};
    int n = 0;
    fprintf(out, "{\"schema\": 1,\n\"verdict\": \"%s\",\n\"mode\": \"%s\", \"model\": \"%s\",\n",
            verdict(), modes[options.mode], models[options.model]);
    fputs("\"scenario\": ", out);
    string(options.scenario);
    fprintf(out, ",\n\"complete\": %s, \"bound\": ",
            !totals.bound && fault.kind == FAULT_NONE ? "true" : "false");
    string(totals.bound);
    fprintf(out,
            ",\n\"executions\": %" PRIu64 ", \"blocked\": %" PRIu64 ", \"steps\": %" PRIu64
            ", \"seconds\": %.6f,\n\"seed\": %" PRIu64 ", \"samples\": %" PRIu64
            ", \"max_depth\": %" PRIu64 ", \"threads\": %d,\n\"statement\": ",
            totals.executions, totals.blocked, totals.steps, totals.seconds, options.seed,
            options.mode == SAMPLE ? totals.executions : 0, totals.longest, totals.threads);
    string(NULL);
    fputs(",\n\"outcomes\": [", out);
    outcome_each(one_outcome, &n);
    fputs("],\n\"fault\": ", out);
    if (fault.kind == FAULT_NONE) {
        fputs("null", out);
    } else {
        fprintf(out, "{\"kind\": \"%s\", \"thread\": %d, \"text\": ", fault_name(fault.kind),
                fault.tid);
        string(fault.text);
        fprintf(out, ", \"pc\": \"0x%" PRIx64 "\"}", fault.pc);
    }
    fprintf(out, ",\n\"trace\": [],\n\"counters\": {\"abandoned\": %" PRIu64 ", \"cut\": %" PRIu64
                 "}}\n",
            totals.abandoned, totals.cut);
}

static void say(void) {
    fprintf(stderr, "%s: %" PRIu64 " executions, %" PRIu64 " blocked, %.3f s", verdict(),
            totals.executions, totals.blocked, totals.seconds);
    if (totals.bound) fprintf(stderr, "; bounded by %s", totals.bound);
    if (fault.kind != FAULT_NONE)
        fprintf(stderr, "\n%s in thread %d at 0x%" PRIx64 ": %s", fault_name(fault.kind), fault.tid,
                fault.pc, fault.text);
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
