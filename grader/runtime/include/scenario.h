/* scenario.h - a small closed concurrent program, written once and judged by all.
 *
 * A scenario is a handful of threads with a few operations each, over static state, and what must
 * hold. The same object file is run under Criterion, ThreadSanitizer, Helgrind and Memcheck, by
 * threads that take turns, for as many rounds as the judge asks; and every schedule of it can be
 * explored.
 *
 *     static struct mutex lock;
 *     static int counter;
 *
 *     static void setup(void) { lock = (struct mutex)MUTEX_INIT; counter = 0; }
 *     static void increment(void) { mutex_lock(&lock); counter++; mutex_unlock(&lock); }
 *     static void finally(void) { scenario_require(counter == 2, "both increments are counted"); }
 *
 *     SCENARIO(excludes, .promise = "two critical sections never overlap",
 *              .setup = setup, .threads = {increment, increment}, .finally = finally);
 *
 * Rules: state is static and set up anew by `setup`; no input or output; no sleeping; no loop whose
 * end depends on luck.
 *
 * A scenario can claim more than its requirements say. Every judge checks that the answers are
 * linearizable; the explorer checks the other claims, since only it sees every schedule:
 *
 *     static void pusher(void) { history_record((stack_push(&stack, 1), 0), "push", 1); }
 *
 *     SCENARIO(pushes, .promise = "a push needs nobody's help", .setup = setup,
 *              .threads = {pusher, pusher}, .linearizable = &history_stack,
 *              .progress = PROGRESS_LOCK_FREE);
 */
#ifndef HB_SCENARIO_H
#define HB_SCENARIO_H

#ifndef HB_WITHOUT_CRITERION /* for the runners that have no Criterion */
#include <criterion/criterion.h>
#endif
#include <stdbool.h>
#include <stddef.h>

struct history_spec;

#define SCENARIO_MAX_THREADS 8

/* What the operations of an object promise when any of the threads may be suspended for ever, at any
 * point. Source: Herlihy, Shavit, "On the Nature of Progress", OPODIS 2011. */
enum scenario_progress {
    PROGRESS_NOT_CLAIMED,
    PROGRESS_OBSTRUCTION_FREE, /* an operation that runs alone ends */
    PROGRESS_LOCK_FREE,        /* while operations run, one after the other ends */
    PROGRESS_WAIT_FREE,        /* each ends after a bounded number of its own steps */
};

struct scenario {
    const char *name;
    const char *promise;                         /* what must hold, as one sentence */
    void (*setup)(void);                         /* before the threads start; may be NULL */
    void (*threads[SCENARIO_MAX_THREADS])(void); /* the bodies; the first NULL ends the list */
    void (*finally)(void);                       /* after all have been joined; may be NULL */

    /* Claims. The operations in question are those that the threads record (history.h). */
    const struct history_spec *linearizable; /* the history has an order that this allows */
    enum scenario_progress progress;         /* each operation keeps this */

    /* A thread that waits for a lock (from its first write in it) is overtaken by at most
     * bypass - 1 others that came behind it; 0: not claimed. Its bodies mark where they ask for the
     * lock and where they have got it: scenario_asks(), scenario_enters(). */
    unsigned bypass_below;
};

/* How often a thread of the scenario should do its operation: 1, except where the explorer measures
 * progress and looks whether an operation takes more steps when there is more contention. A body
 * that others contend with loops so often. */
int scenario_contention(void);

/* Marks for `bypass_below`. They order nothing. */
void scenario_asks(void);
void scenario_enters(void);

/* Run the scenario, as many rounds as the judge that runs it wants. A broken
 * requirement ends the process with a report. */
void scenario_run(const struct scenario *scenario);

/* The thread bodies' and finally's assertion: when `condition` is false, report file, line and
 * promise, and end the run. May be called from any thread of the scenario. */
#define scenario_require(condition, promise)                                                       \
    ((condition) ? (void)0 : scenario_broken(__FILE__, __LINE__, #condition, (promise)))
_Noreturn void scenario_broken(const char *file, int line, const char *condition,
                               const char *promise);

#ifndef HB_WITHOUT_CRITERION
/* Define a scenario, and make it known to each runner: a Criterion test in the suite `scenario`,
 * and an entry in the section `scenarios` for the runners that need no Criterion. */
#define SCENARIO(name_, ...)                                                                       \
    static const struct scenario scenario_##name_ = {.name = #name_, __VA_ARGS__};                 \
    static const struct scenario *const scenario_entry_##name_                                     \
        __attribute__((used, section("scenarios"))) = &scenario_##name_;                           \
    Test(scenario, name_) { scenario_run(&scenario_##name_); }                                     \
    _Static_assert(true, "a semicolon follows")
#endif

#endif
