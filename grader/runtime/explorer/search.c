/* search.c - all executions, each once. */
#include "search.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "duplicates.h"
#include "fault.h"
#include "heap.h"
#include "outcome.h"
#include "output.h"
#include "random.h"
#include "run.h"
#include "shared.h"
#include "signals.h"
#include "trace.h"
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
        if (options.check_duplicates && !recording) duplicates_check(run.g);
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

/* --- several processes ------------------------------------------------------------------------ */

/* A choice that is open can be explored by anybody who has its graph. So a process that finds a
 * processor idle forks, and each of the two drops the other's half of the open choices. Nothing is
 * sent between them but counts. */
static double forked; /* when this process last did */
static bool is_child;

static void give_half_away(double now) {
    int active = atomic_load_explicit(&shared->active, memory_order_relaxed); /* a hint only */
    if (active >= options.jobs || work_open() < 2 || now - forked < 0.01) return;
    /* Relaxed: the count is all that is shared. */
    if (!atomic_compare_exchange_strong_explicit(&shared->active, &active, active + 1,
                                                 memory_order_relaxed, memory_order_relaxed))
        return;
    fflush(NULL);
    forked = now;
    pid_t child = fork();
    if (child < 0) {
        atomic_fetch_sub_explicit(&shared->active, 1, memory_order_relaxed);
        return;
    }
    if (child == 0) {
        is_child = true;
        signals_begin_child();
        totals = (struct totals){0};
        run.steps = 0;
    }
    work_halve(child == 0);
}

static void add_to_shared(void) {
    shared_lock();
    shared->executions += totals.executions;
    shared->blocked += totals.blocked;
    shared->abandoned += totals.abandoned;
    shared->cut += totals.cut;
    shared->steps += totals.steps;
    shared->settled += totals.settled;
    if (totals.longest > shared->longest) shared->longest = totals.longest;
    if (totals.threads > shared->threads) shared->threads = totals.threads;
    if (totals.bypass_below > shared->bypass_below) shared->bypass_below = totals.bypass_below;
    shared_unlock();
    if (totals.bound) shared_bound(totals.bound);
    /* Relaxed: wait() orders a child's end. */
    atomic_fetch_sub_explicit(&shared->active, 1, memory_order_relaxed);
}

static void wait_for_children(void) {
    int status;
    while (wait(&status) > 0 || errno == EINTR)
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
            fault_internal("a process of the exploration has died");
}

static void take_from_shared(void) {
    totals.executions = shared->executions;
    totals.blocked = shared->blocked;
    totals.abandoned = shared->abandoned;
    totals.cut = shared->cut;
    totals.steps = shared->steps;
    totals.settled = shared->settled;
    totals.longest = shared->longest;
    totals.threads = shared->threads;
    totals.bypass_below = shared->bypass_below;
    if (shared->bound[0]) totals.bound = shared->bound;
}

/* Everybody else may stop. Relaxed: seen at some later look, which is soon enough. */
static bool told_to_stop(void) { return atomic_load_explicit(&shared->stop, memory_order_relaxed); }
static void tell_all_to_stop(void) {
    atomic_store_explicit(&shared->stop, true, memory_order_relaxed);
}

/* --- the search -------------------------------------------------------------------------------- */

enum { LOOK_EVERY = 64 }; /* runs between two looks at the clock */

/* Is a bound of the whole search reached? */
static bool spent(double start, uint64_t runs) {
    if (options.max_executions && totals.executions >= options.max_executions) {
        totals.bound = "executions";
        return true;
    }
    if (runs % LOOK_EVERY) return false;
    double now = seconds_now();
    if (options.max_seconds > 0 && now - start > options.max_seconds) {
        totals.bound = "time";
        return true;
    }
    if (options.jobs > 1) give_half_away(now);
    return told_to_stop();
}

/* The first fault decides the verdict. Then a few more executions are looked at: one of them may show
 * the same kind of fault with fewer changes of thread. Nothing of them is counted. */
static void look_for_a_shorter_story(void) {
    struct totals counted = totals;
    struct fault first = fault;
    trace_consider();
    uint64_t more = first.kind == FAULT_ENDLESS ? 0 : options.stories; /* each would take seconds */
    for (; more > 0 && work_next(); more--) {
        fault = (struct fault){0};
        if (search_account(run_once(work_graph()))) trace_consider();
    }
    fault = first;
    totals = counted;
}

/* True: a fault was found, by this process. */
static bool explore(double start) {
    for (uint64_t runs = 1;; runs++) {
        if (search_account(run_once(work_graph())) && !options.all_faults) return true;
        if (work_open() == 0 || spent(start, runs) || !work_next()) return false;
    }
}

/* Which process finds a fault first is luck. So it only says that there is one; then the search is
 * done again by one process, whose first fault is always the same. */
static void explore_together(double start) {
    bool found = explore(start);
    if (found) {
        shared->fault_found = true;
        tell_all_to_stop();
    } else if (totals.bound && strcmp(totals.bound, "time") == 0) {
        tell_all_to_stop();
    }
    add_to_shared();
    wait_for_children();
    if (is_child) _exit(0);
    take_from_shared();
    if (!shared->fault_found) return;
    outcome_forget();
    totals = (struct totals){0};
    fault = (struct fault){0};
    options.jobs = 1;
    options.max_seconds = 0;
    shared->stop = false;
    work_clear();
    if (explore(start)) look_for_a_shorter_story();
}

void search_all(void) {
    double start = seconds_now();
    random_seed(options.seed);
    work_clear();
    forked = start;
    if (options.max_executions) options.jobs = 1; /* which ones are counted must not be luck */
    if (options.jobs > 1)
        explore_together(start);
    else if (explore(start))
        look_for_a_shorter_story();
    totals.seconds = seconds_now() - start;
}
