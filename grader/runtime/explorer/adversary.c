/* adversary.c - the reader is the scheduler: JSON lines on standard input and output. */
#include "adversary.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "drive.h"
#include "fault.h"
#include "json.h"
#include "location.h"
#include "ops.h"
#include "run.h"
#include "search.h"
#include "tell.h"
#include "trace.h"
#include "work.h"

enum { MAX_ANSWERS = MAX_EVENTS * 2 };

/* Answers given so far; after an undo the run starts anew and takes the kept ones by itself. */
static int answers[MAX_ANSWERS];
static int n_answers, taken;
static int told; /* steps that have been shown */
static bool again, quits;

static void tell_steps(int until) {
    for (; told < until; told++) {
        fputs("{\"did\": ", stdout);
        tell_step(stdout, told);
        fputs("}\n", stdout);
    }
    fflush(stdout);
}
static void tell_new_steps(void) { tell_steps(n_steps); }

/* --- answers ----------------------------------------------------------------------------------- */

static bool is(const char *line, const char *key, int *value) {
    char found[16];
    int used = 0;
    if (sscanf(line, " { \"%15[a-z]\" : %d } %n", found, value, &used) != 2) return false;
    return used > 0 && line[used] == 0 && strcmp(found, key) == 0;
}

static void undo(int n) {
    n_answers = n < n_answers ? n_answers - n : 0;
    again = true;
}

/* True: the line was about the game, not an answer. */
static bool is_command(const char *line) {
    int value;
    if (is(line, "undo", &value) && value > 0)
        undo(value);
    else if (is(line, "restart", &value))
        undo(n_answers);
    else if (is(line, "quit", &value))
        quits = true;
    else
        return false;
    return true;
}

static bool read_line(char *line, size_t size) {
    if (!fgets(line, (int)size, stdin)) return false;
    size_t n = strlen(line);
    if (n && line[n - 1] != '\n') {
        for (int c = getchar(); c != EOF && c != '\n';) c = getchar();
        line[0] = 0; /* too long to be an answer */
    }
    return true;
}

/* A number that `fits`; the question has been printed. Ends the run on undo and quit. */
static int answer(const char *key, bool (*fits)(int value)) {
    char line[200];
    int value;
    for (;;) {
        fflush(stdout);
        if (!read_line(line, sizeof line)) quits = true;
        if (quits || is_command(line)) run_end(RUN_ABANDON);
        if (is(line, key, &value) && fits(value)) return value;
        printf(
            "{\"error\": \"answer with {\\\"%s\\\": N}, N as listed, or undo, restart, quit\"}\n",
            key);
    }
}

/* The next answer, asked for or kept from before. */
static bool kept(int *value) {
    if (taken == n_answers) return false;
    *value = answers[taken++];
    return true;
}

static int keep(int value) {
    if (n_answers < MAX_ANSWERS) answers[n_answers++] = value;
    taken = n_answers;
    return value;
}

/* --- questions --------------------------------------------------------------------------------- */

static const int *able_threads;
static int n_able, n_choices;

static bool is_able(int tid) {
    for (int i = 0; i < n_able; i++)
        if (able_threads[i] == tid) return true;
    return false;
}
static bool is_choice(int value) { return value >= 0 && value < n_choices; }

static int ask_thread(const int *able, int n) {
    int value;
    tell_new_steps();
    if (n == 1) return able[0];
    if (kept(&value)) return value;
    able_threads = able;
    n_able = n;
    fputs("{\"ask\": \"thread\", \"able\": [", stdout);
    for (int i = 0; i < n; i++) {
        fprintf(stdout, "%s{\"thread\": %d, \"pc\": ", i ? ", " : "", able[i]);
        json_hex(stdout, run.threads[able[i]].next_pc, true);
        fputs("}", stdout);
    }
    fputs("], \"waiting\": ", stdout);
    tell_waiting(stdout);
    fputs("}\n", stdout);
    return keep(answer("thread", is_able));
}

static void about(const struct event *e) {
    fprintf(stdout, ", \"thread\": %d, \"pc\": ", e->tid);
    json_hex(stdout, e->pc, true);
    fputs(", \"address\": ", stdout);
    json_hex(stdout, locations[e->loc].address, true);
    fprintf(stdout, ", \"size\": %d", e->size);
}

static int ask_store(const char *question, const struct event *e, const int16_t *stores, int n) {
    int value;
    tell_new_steps();
    if (kept(&value)) return value;
    n_choices = n;
    fprintf(stdout, "{\"ask\": \"%s\"", question);
    about(e);
    fputs(", \"choices\": [", stdout);
    for (int i = 0; i < n; i++) {
        fputs(i ? ", {\"value\": " : "{\"value\": ", stdout);
        json_hex(stdout, graph_value(run.g, e->loc, stores[i]), false);
        fprintf(stdout, ", \"step\": %d}", tell_step_of(stores[i]));
    }
    fputs("]}\n", stdout);
    return keep(answer("choice", is_choice));
}

static int ask_read(const struct event *read, const int16_t *stores, int n) {
    return ask_store("store", read, stores, n);
}
static int ask_place(const struct event *write, const int16_t *stores, int n) {
    return ask_store("place", write, stores, n);
}

static int ask_value(int n) {
    int value;
    tell_steps(n_steps - 1); /* the last one is this choice, which is not made yet */
    if (kept(&value)) return value;
    n_choices = n;
    const struct event *choice = &run.g->ev[run.g->n - 1];
    fprintf(stdout, "{\"ask\": \"value\", \"thread\": %d, \"n\": %d, \"about\": ", run.me, n);
    json_string(stdout, label_name(choice->label));
    fputs(", \"pc\": ", stdout);
    json_hex(stdout, choice->pc, true);
    fputs("}\n", stdout);
    return keep(answer("choice", is_choice));
}

static const struct driver adversary = {ask_thread, ask_read, ask_place, ask_value, NULL};

/* --- the game ---------------------------------------------------------------------------------- */

static void tell_end(enum run_end end) {
    static const char *const names[] = {"complete", "blocked", "stuck",
                                        "blocked",  "limit",   "fault"};
    tell_new_steps();
    fprintf(stdout, "{\"end\": \"%s\", \"fault\": ", names[end]);
    tell_fault(stdout);
    fputs(", \"token\": ", stdout);
    json_string(stdout, trace_token_now());
    fputs("}\n", stdout);
    fflush(stdout);
}

/* The run is over: only commands make sense now. */
static void ask_what_next(void) {
    char line[200];
    while (!again && !quits) {
        if (!read_line(line, sizeof line))
            quits = true;
        else if (!is_command(line))
            fputs("{\"error\": \"the run is over: undo, restart or quit\"}\n", stdout);
        fflush(stdout);
    }
}

void adversary_all(void) {
    driver = &adversary;
    while (!quits) {
        again = false;
        told = taken = 0;
        fault = (struct fault){0};
        trace_begin();
        work_clear();
        enum run_end end = run_once(work_graph());
        search_account(end);
        if (!again && !quits) {
            tell_end(end);
            ask_what_next();
        }
        if (again) fputs("{\"again\": true}\n", stdout);
    }
    driver = NULL;
    recording = false;
}
