/* progress.c - what operations promise when others are suspended for ever.
 *
 * Every schedule is explored (of the SC model: what counts here are the steps of threads, not when
 * stores become visible). A thread that stops within an operation, because all that it read was the
 * newest and its loop or its guard wants something else, would wait for ever if the others were
 * suspended at this very point: the operation is blocking. If there is none, an execution that never
 * ends although every thread runs is no lock-free one: some operation ends again and again there, but
 * here none does. And if all executions end, the most own steps of one call are compared as the others
 * do more and more operations: a bound that stays is wait-freedom, one that grows with them is not.
 *
 * Source of the terms: Herlihy, Shavit, "On the Nature of Progress", OPODIS 2011.
 */
#define HB_WITHOUT_CRITERION
#include "progress.h"

#include <stdio.h>
#include <string.h>

#include "fault.h"
#include "history.h"
#include "marks.h"
#include "program.h"
#include "run.h"
#include "search.h"
#include "sync.h"
#include "trace.h"
#include "work.h"

struct progress progress;

/* Executions beyond so many events are taken for endless: what is measured is small. */
enum { MOST_CONTENTION = 4, LONGEST = 400 };

const char *progress_name(enum scenario_progress p) {
    static const char *const names[] = {"blocking", "obstruction-free", "lock-free", "wait-free"};
    return names[p];
}

static struct progress_operation *operation(const char *name) {
    int n = progress.n_operations;
    for (int i = 0; i < n; i++)
        if (strcmp(progress.operations[i].name, name) == 0) return &progress.operations[i];
    if (n == 16) return NULL;
    progress.operations[n] = (struct progress_operation){.name = name};
    memset(progress.operations[n].steps, -1, sizeof progress.operations[n].steps);
    progress.n_operations++;
    return &progress.operations[n];
}

/* --- one run ----------------------------------------------------------------------------------- */

static void count_steps(const char *name, int tid, int steps, bool returned, void *context) {
    struct progress_operation *op = operation(name);
    (void)tid, (void)context;
    int *most = op ? &op->steps[program_contention - 1] : NULL;
    if (most && returned && steps > *most) *most = steps;
}

/* The thread that has made the whole second half of a run that found no end, alone: its rounds differ,
 * but others would have to help it. NONE: several took turns. */
static int lone_runner(void) {
    int n = run.g->n, tid = run.g->ev[n - 1].tid;
    for (int at = n / 2; at < n; at++)
        if (run.g->ev[at].tid != tid) return NONE;
    return tid;
}

static void find_waiting(const char *name, int tid, int steps, bool returned, void *context) {
    enum thread_state state = run.threads[tid].state;
    (void)steps;
    bool waits = state == THREAD_STUCK || state == THREAD_WAITING;
    if (run.end == RUN_LIMIT && lone_runner() == tid) {
        run.threads[tid].wait_pc = run.threads[tid].next_pc;
        waits = true;
    }
    if (!returned && waits && !sync_may_give_up(tid)) {
        *(int *)context = tid;
        progress.operations[15].name = name;
    }
}

/* A thread that waits within an operation, or NONE. */
static int waiting_thread(void) {
    int tid = NONE;
    marks_each(find_waiting, &tid);
    return tid;
}

static void tell_blocking(int tid) {
    const struct thread *t = &run.threads[tid];
    fault_note(FAULT_PROGRESS, tid, t->wait_pc,
               "blocking: with all other threads suspended, thread %d waits for ever in %s()", tid,
               progress.operations[15].name);
}

/* --- all runs ---------------------------------------------------------------------------------- */

enum found { ALL_END, BLOCKS, NEVER_ENDS, FAULTY, SPENT };

static enum found explore(double start) {
    work_clear();
    for (uint64_t runs = 1;; runs++) {
        enum run_end end = run_once(work_graph());
        bool faulty = search_account(end);
        int tid = waiting_thread();
        if (tid != NONE) {
            tell_blocking(tid);

            return BLOCKS;
        }
        if (end == RUN_LIMIT) return NEVER_ENDS;
        if (faulty) return FAULTY;
        marks_each(count_steps, NULL);
        if (options.max_seconds > 0 && runs % 64 == 0 &&
            seconds_now() - start > options.max_seconds)
            return SPENT;
        if (!work_next()) return ALL_END;
    }
}

/* Do the most steps of a call still grow with the last increase of contention? */
static bool grows(int contention) {
    for (int i = 0; i < progress.n_operations; i++) {
        const int *steps = progress.operations[i].steps;
        if (steps[contention - 1] > steps[contention - 2]) return true;
    }
    return false;
}

static void judge(enum found found, double start) {
    static char text[160];
    switch (found) {
    case FAULTY: return;
    case BLOCKS:
        progress.result = PROGRESS_NOT_CLAIMED;
        totals.bound = NULL;
        break;
    case NEVER_ENDS:
        progress.result = PROGRESS_OBSTRUCTION_FREE;
        totals.bound = NULL;
        break;
    case SPENT: totals.bound = "time"; break;
    case ALL_END:
        progress.result = grows(progress.contention) ? PROGRESS_LOCK_FREE : PROGRESS_WAIT_FREE;
        break;
    }
    totals.seconds = seconds_now() - start;
    if (progress.claim == PROGRESS_NOT_CLAIMED) fault = (struct fault){0};
    if (found == SPENT || progress.result >= progress.claim || fault.kind != FAULT_NONE) return;
    snprintf(text, sizeof text, "the operations are %s, not %s: %s", progress_name(progress.result),
             progress_name(progress.claim),
             found == NEVER_ENDS ? "there is an execution without end"
                                 : "the own steps of a call grow with what the others do");
    fault_note(FAULT_PROGRESS, NONE, 0, "%s", text);
}

void progress_all(void) {
    double start = seconds_now();
    const struct scenario *s = program_scenario();
    enum found found = ALL_END;
    options.model = MODEL_SC;
    options.no_leaks = true;
    options.spurious = 0; /* to be woken for no reason is no progress */
    if (options.max_events > LONGEST) options.max_events = LONGEST;
    progress.measured = true;
    progress.claim = s ? s->progress : PROGRESS_NOT_CLAIMED;
    for (int contention = 1; contention <= MOST_CONTENTION && found == ALL_END; contention++) {
        program_contention = contention;
        found = explore(start);
        if (found == ALL_END) progress.contention = contention;
        if (contention == 1 && found == ALL_END && progress.n_operations == 0)
            fault_internal("the program records no operation: history_invoke() and "
                           "history_return() (history.h) mark what is to be measured");
    }
    if (found == SPENT && progress.contention >= 2) found = ALL_END; /* up to there it is known */
    judge(found, start);
}
