/* search.c - all executions, each once. */
#include "search.h"

#include <stdio.h>
#include <time.h>

#include "fault.h"
#include "heap.h"
#include "outcome.h"
#include "output.h"
#include "psc.h"
#include "run.h"
#include "work.h"

struct totals totals;

double seconds_now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Memory that nobody has freed, when all threads have ended in order. */
static bool leaks(void) {
    size_t size;
    int tid;
    uint64_t pc;
    unsigned blocks;
    if (options.no_leaks) return false;
    for (int t = 0; t < run.n_threads; t++)
        if (run.threads[t].state != THREAD_DONE) return false;
    if (!heap_leak(&size, &tid, &pc, &blocks)) return false;
    fault_note(FAULT_LEAK, tid, pc, "%u block%s of memory %s never freed; this one has %zu bytes",
               blocks, blocks == 1 ? "" : "s", blocks == 1 ? "was" : "were", size);
    return true;
}

bool search_account(int end) {
    uint64_t length = (uint64_t)run.g->n;
    if (length > totals.longest) totals.longest = length;
    if (run.n_threads > totals.threads) totals.threads = run.n_threads;
    totals.steps = run.steps;
    if (run.bound && !totals.bound) totals.bound = run.bound;
    output_end();
    switch ((enum run_end)end) {
    case RUN_COMPLETE:
        totals.executions++;
        if (!run.exited_early && leaks()) break;
        outcome_count();
        return false;
    case RUN_BLOCKED: totals.blocked++; return false;
    case RUN_ABANDON: totals.abandoned++; return false;
    case RUN_LIMIT:
        totals.cut++;
        if (!totals.bound) totals.bound = "events";
        return false;
    case RUN_STUCK:
    case RUN_FAULT: totals.executions++; break;
    }
    totals.faulty++;
    return true;
}

/* Is a bound of the whole search reached? */
static bool spent(double start) {
    if (options.max_executions && totals.executions >= options.max_executions)
        totals.bound = "executions";
    else if (options.max_seconds > 0 && (totals.executions + totals.blocked) % 64 == 0 &&
             seconds_now() - start > options.max_seconds)
        totals.bound = "time";
    else
        return false;
    return true;
}

void search_all(void) {
    double start = seconds_now();
    work_clear();
    for (;;) {
        if (search_account(run_once(work_graph())) && !options.all_faults) break;
        if (!work_next()) break;
        if (spent(start)) break;
    }
    totals.seconds = seconds_now() - start;
}
