/* scenario.h - a small closed concurrent program, written once and judged by all.
 *
 * A scenario is a handful of threads with a few operations each, over static state, and what must
 * hold. The same object file is run with real threads under Criterion, ThreadSanitizer, Helgrind
 * and Memcheck, for as many rounds as the judge asks; and every schedule of it can be explored.
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
 */
#ifndef HB_SCENARIO_H
#define HB_SCENARIO_H

#include <criterion/criterion.h>
#include <stdbool.h>

#define SCENARIO_MAX_THREADS 8

struct scenario {
    const char *name;
    const char *promise;                         /* what must hold, as one sentence */
    void (*setup)(void);                         /* before the threads start; may be NULL */
    void (*threads[SCENARIO_MAX_THREADS])(void); /* the bodies; the first NULL ends the list */
    void (*finally)(void);                       /* after all have been joined; may be NULL */
};

/* Run the scenario with real threads, as many rounds as the judge that runs it wants. A broken
 * requirement ends the process with a report. */
void scenario_run(const struct scenario *scenario);

/* The thread bodies' and finally's assertion: when `condition` is false, report file, line and
 * promise, and end the run. May be called from any thread of the scenario. */
#define scenario_require(condition, promise)                                                       \
    ((condition) ? (void)0 : scenario_broken(__FILE__, __LINE__, #condition, (promise)))
_Noreturn void scenario_broken(const char *file, int line, const char *condition,
                               const char *promise);

/* Define a scenario, and make it known to each runner: a Criterion test in the suite `scenario`,
 * and an entry in the section `scenarios` for the runners that need no Criterion. */
#define SCENARIO(name_, ...)                                                                       \
    static const struct scenario scenario_##name_ = {.name = #name_, __VA_ARGS__};                 \
    static const struct scenario *const scenario_entry_##name_                                     \
        __attribute__((used, section("scenarios"))) = &scenario_##name_;                           \
    Test(scenario, name_) { scenario_run(&scenario_##name_); }                                     \
    _Static_assert(true, "a semicolon follows")

#endif
