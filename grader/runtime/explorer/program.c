/* program.c - the program under test: its main, and its scenarios. */
#include "program.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fairness.h"
#include "fault.h"
#include "history.h"
#include "run.h"
#define HB_WITHOUT_CRITERION
#include "scenario.h"
#include "threads.h"

#define API __attribute__((visibility("default")))

static program_fn *program;
static const struct scenario *const *scenarios, *const *scenarios_end;
static const struct scenario *chosen;

void program_begin(program_fn *main, const struct scenario *const *first,
                   const struct scenario *const *end) {
    program = main;
    scenarios = first;
    scenarios_end = end;
}

bool program_choose(const char *name, const char **why) {
    if (!name) {
        *why = "the program has no main; choose a scenario with --scenario (--list shows them)";
        return program != NULL;
    }
    for (const struct scenario *const *s = scenarios; s != scenarios_end; s++)
        if (strcmp((*s)->name, name) == 0) chosen = *s;
    if (chosen && chosen->bypass_below) options.rounds = 2; /* a failed attempt counts as asking */
    *why = "no scenario has this name; --list shows them";
    return chosen != NULL;
}

void program_list(void) {
    for (const struct scenario *const *s = scenarios; s != scenarios_end; s++) puts((*s)->name);
}

const struct scenario *program_scenario(void) { return chosen; }

int program_contention = 1;
API int scenario_contention(void) { return program_contention; }

static void *run_body(void *argument) {
    const struct scenario *s = chosen;
    s->threads[(uintptr_t)argument]();
    return NULL;
}

static void run_scenario(const struct scenario *s) {
    int tids[SCENARIO_MAX_THREADS], n = 0;
    if (s->linearizable) history_clear();
    if (s->setup) s->setup();
    for (; n < SCENARIO_MAX_THREADS && s->threads[n]; n++)
        tids[n] = thread_create(run_body, (void *)(uintptr_t)n, 0);
    for (int t = 0; t < n; t++) thread_join(tids[t], 0);
    if (s->finally) s->finally();
    if (s->linearizable && options.mode != PROGRESS) history_require_linearizable(s->linearizable);
    if (options.mode != PROGRESS) fairness_measure(s->bypass_below);
}

_Noreturn void program_main(void) {
    static char *arguments[] = {(char *)"program", NULL};
    static char *environment[] = {NULL};
    if (chosen)
        run_scenario(chosen);
    else
        program(1, arguments, environment);
    program_end();
}

__attribute__((visibility("default"))) _Noreturn void
scenario_broken(const char *file, int line, const char *condition, const char *promise);
API _Noreturn void scenario_broken(const char *file, int line, const char *condition,
                                   const char *promise) {
    uint64_t pc = (uint64_t)__builtin_return_address(0);
    (void)file, (void)line;
    if (strcmp(condition, "history_linearizable()") == 0) {
        fault.history = history_last_report();
        const uint64_t *const *frame = __builtin_frame_address(0); /* its caller is the checker */
        bool claimed = frame[0][1] >> 32; /* by the scenario: the explorer itself has asked */
        fault_raise(FAULT_NOT_LINEARIZABLE, claimed ? 0 : frame[0][1], "%s",
                    promise + strlen(fault.history));
    }
    fault_raise(FAULT_ASSERTION, pc, "%s (%s is false)", promise, condition);
}

/* Each judge runs a scenario in its own way; here the explorer itself does. */
API void scenario_run(const struct scenario *scenario) { (void)scenario; }
