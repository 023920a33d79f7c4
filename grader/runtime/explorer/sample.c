/* sample.c - random schedules, four ways in rotation, each with random choices of what a load reads.
 *
 * Sources: PCT: Burckhardt, Kothari, Musuvathi, Nagarakatte, "A Randomized Scheduler with
 * Probabilistic Guarantees of Finding Bugs", ASPLOS 2010. Partial-order sampling: Yuan, Yang, Gu,
 * "Partial Order Aware Concurrency Sampling", CAV 2018 (POS, the basic algorithm). The random walk
 * keeps its thread most of the time, since most bugs need few changes of thread.
 */
#include "sample.h"

#include <math.h>
#include <stdio.h>

#include "drive.h"
#include "fault.h"
#include "random.h"
#include "run.h"
#include "search.h"
#include "work.h"

enum strategy { PCT_2, PCT_3, POS, WALK, STRATEGIES };

static enum strategy strategy;
static uint64_t priority[MAX_THREADS];
static int changes[2];           /* PCT: at these events the running thread falls to the bottom */
static int last;                 /* the thread that ran last */
static uint64_t per[STRATEGIES]; /* executions by each */

/* Lower than every priority that is drawn, and lower for later changes. */
static void fall(int tid, int change) { priority[tid] = (uint64_t)(1 - change); }

static int highest(const int *able, int n) {
    int best = able[0];
    for (int i = 1; i < n; i++)
        if (priority[able[i]] > priority[best]) best = able[i];
    return best;
}

static int by_pct(const int *able, int n) {
    int depth = strategy == PCT_2 ? 1 : 2;
    for (int change = 0; change < depth; change++)
        if (run.g->n == changes[change] && last >= 0) fall(last, change);
    return highest(able, n);
}

/* Two operations race if they meet at one location and one of them writes. After each step those that
 * race with it draw anew. */
static int by_pos(const int *able, int n) {
    int best = highest(able, n);
    const struct thread *b = &run.threads[best];
    for (int i = 0; i < n; i++) {
        const struct thread *t = &run.threads[able[i]];
        bool races =
            t->next_loc >= 0 && t->next_loc == b->next_loc && (t->next_writes || b->next_writes);
        if (able[i] == best || races) priority[able[i]] = random_next() | 4;
    }
    return best;
}

static int by_walk(const int *able, int n) {
    bool can_stay = false;
    for (int i = 0; i < n; i++) can_stay |= able[i] == last;
    if (can_stay && random_below(4) != 0) return last;
    return able[random_below((uint32_t)n)];
}

static int next_thread(const int *able, int n) {
    if (n == 1)
        last = able[0];
    else if (strategy == POS)
        last = by_pos(able, n);
    else if (strategy == WALK)
        last = by_walk(able, n);
    else
        last = by_pct(able, n);
    return last;
}

/* Mostly the newest store, and the last place; now and then any that the model allows. */
static bool newest(void) { return random_below(4) != 0; }

static int some_store(const struct event *event, const int16_t *stores, int n) {
    (void)event, (void)stores;
    return (int)random_below((uint32_t)n);
}

static int some_value(int n) { return (int)random_below((uint32_t)n); }

static const struct driver random_driver = {next_thread, some_store, some_store, some_value,
                                            newest};

static void begin(uint64_t number) {
    strategy = (enum strategy)(number % STRATEGIES);
    last = NONE;
    uint32_t length = totals.longest ? (uint32_t)totals.longest : 16;
    for (int t = 0; t < MAX_THREADS; t++) priority[t] = random_next() | 4;
    for (int change = 0; change < 2; change++) changes[change] = 1 + (int)random_below(length);
}

/* A bug of depth d is found by one execution of PCT with a chance of at least 1 / (n * k^(d-1)), for n
 * threads and k steps (Burckhardt and others, theorem 1), if it needs no stale read. */
static double missed(int depth, uint64_t executions) {
    double n = totals.threads ? totals.threads : 1, k = (double)totals.longest;
    double chance = 1 / (n * pow(k, depth - 1));
    return pow(1 - chance, (double)executions);
}

static void state(void) {
    static char text[600];
    snprintf(text, sizeof text,
             "sampled: %llu executions (PCT depth 2: %llu, PCT depth 3: %llu, partial order: %llu, "
             "random walk: %llu), seed %llu, %d threads, at most %llu steps; a bug of depth 2 that "
             "needs no stale read has been missed with a probability of at most %.2g, one of depth "
             "3 of at most %.2g; for others nothing is promised",
             (unsigned long long)totals.executions, (unsigned long long)per[PCT_2],
             (unsigned long long)per[PCT_3], (unsigned long long)per[POS],
             (unsigned long long)per[WALK], (unsigned long long)options.seed, totals.threads,
             (unsigned long long)totals.longest, missed(2, per[PCT_2]), missed(3, per[PCT_3]));
    totals.statement = text;
}

void sample_all(void) {
    double start = seconds_now();
    struct graph *g;
    work_clear();
    g = work_graph();
    random_seed(options.seed);
    driver = &random_driver;
    for (uint64_t n = 0; n < options.samples; n++) {
        begin(n);
        graph_clear(g);
        per[strategy]++;
        if (search_account(run_once(g)) && !options.all_faults) break;
        if (n % 64 == 0 && options.max_seconds > 0 && seconds_now() - start > options.max_seconds)
            break;
    }
    driver = NULL;
    totals.seconds = seconds_now() - start;
    if (fault.kind == FAULT_NONE) totals.bound = "samples";
    state();
}
