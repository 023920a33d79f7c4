/* history.c - the operations of history.h in one execution, ordered by happens-before.
 *
 * A return lies between two visible events of its thread. It happens-before an invocation elsewhere
 * if that one's thread knows of the event behind it. Recording is no visible event, so it neither
 * orders anything nor costs an execution.
 */
#include "history.h"

#include "location.h"
#include "marks.h"
#include "panic.h"
#include "run.h"

#define API __attribute__((visibility("default")))

static struct record {
    struct history_op op;
    struct clock known; /* at the invocation */
    int16_t invoked;    /* visible events of its thread before the invocation */
    int16_t returned;   /* visible events of its thread before the return */
    int16_t order;      /* among its thread's records */
} records[HISTORY_MAX_OPS];
static int n_records;
static uint32_t run_of_records;

/* A history belongs to one execution. */
static void begin_run(void) {
    if (run_of_records == location_run) return;
    run_of_records = location_run;
    n_records = 0;
}

API void history_clear(void) {
    begin_run();
    n_records = 0;
}

API int history_invoke_n(const char *name, int count, int64_t first, int64_t second) {
    begin_run();
    if (n_records == HISTORY_MAX_OPS)
        panic("history_invoke", "a history has at most 64 operations");
    struct record *r = &records[n_records];
    r->op = (struct history_op){
        .name = name, .arguments = {first, second}, .count = count, .thread = run.me};
    r->known = *run_known(run.me);
    r->invoked = run.threads[run.me].performed;
    r->order = 0;
    for (int i = 0; i < n_records; i++) r->order += records[i].op.thread == run.me;
    return n_records++;
}

API void history_return(int id, int64_t result) {
    if (id < 0 || id >= n_records || records[id].op.returned)
        panic("history_return", "the operation must be one that has been invoked and not returned");
    records[id].op.result = result;
    records[id].op.returned = true;
    records[id].returned = run.threads[run.me].performed;
}

static bool precedes(const struct record *a, const struct record *b) {
    if (!a->op.returned) return false;
    if (a->op.thread == b->op.thread) return a->order < b->order;
    return a->returned < b->known.at[a->op.thread];
}

/* Thread by thread, and each thread's in the order of their invocations. */
static int sort(const struct record *sorted[HISTORY_MAX_OPS]) {
    int n = 0;
    for (int t = 0; t < run.n_threads; t++)
        for (int i = 0; i < n_records; i++)
            if (records[i].op.thread == t) sorted[n++] = &records[i];
    return n;
}

API int history_snapshot(struct history_op ops[HISTORY_MAX_OPS],
                         struct history_precedence *precedence) {
    const struct record *sorted[HISTORY_MAX_OPS];
    begin_run();
    int n = sort(sorted);
    for (int b = 0; b < n; b++) {
        ops[b] = sorted[b]->op;
        precedence->before[b] = 0;
        for (int a = 0; a < n; a++)
            if (a != b && precedes(sorted[a], sorted[b])) precedence->before[b] |= 1ull << a;
    }
    return n;
}

void marks_each(void (*visit)(const char *name, int tid, int steps, bool returned, void *context),
                void *context) {
    begin_run();
    for (int i = 0; i < n_records; i++) {
        const struct record *r = &records[i];
        int end = r->op.returned ? r->returned : run.threads[r->op.thread].performed;
        visit(r->op.name, r->op.thread, end - r->invoked, r->op.returned, context);
    }
}

bool marks_open(int tid) {
    begin_run();
    for (int i = 0; i < n_records; i++)
        if (records[i].op.thread == tid && !records[i].op.returned) return true;
    return false;
}
