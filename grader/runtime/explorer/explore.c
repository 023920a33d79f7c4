/* explore.c - the program under test starts here: entry.c has taken the place of its main. */
#include <stdio.h>
#include <stdlib.h>

#include "adversary.h"
#include "fault.h"
#include "memory.h"
#include "options.h"
#include "program.h"
#define HB_WITHOUT_CRITERION
#include "progress.h"
#include "report.h"
#include "sample.h"
#include "search.h"
#include "shadow.h"
#include "shared.h"
#include "signals.h"
#include "trace.h"

enum { EXIT_CORRECT, EXIT_FAULT, EXIT_USAGE, EXIT_BOUNDED, EXIT_NOT_MODELLED };

static int verdict(void) {
    if (fault.kind == FAULT_NOT_MODELLED) return EXIT_NOT_MODELLED;
    if (fault.kind != FAULT_NONE) return EXIT_FAULT;
    return totals.bound ? EXIT_BOUNDED : EXIT_CORRECT;
}

static void replay(void) {
    const char *why;
    if (!trace_replay(options.replay, &why)) {
        fprintf(stderr, "explorer: --replay: %s\n", why);
        _Exit(EXIT_USAGE);
    }
    totals.replays = true;
}

__attribute__((visibility("default"))) int explorer_start(int argc, char **argv, program_fn *main,
                                                          const struct scenario *const *scenarios,
                                                          const struct scenario *const *end);
int explorer_start(int argc, char **argv, program_fn *main, const struct scenario *const *scenarios,
                   const struct scenario *const *end) {
    const char *why;
    program_begin(main, scenarios, end);
    options_parse(argc, argv);
    if (options.list) {
        program_list();
        return EXIT_CORRECT;
    }
    if (!program_choose(options.scenario, &why)) {
        fprintf(stderr, "explorer: %s\n", why);
        return EXIT_USAGE;
    }
    memory_begin();
    shadow_begin();
    shared_begin();
    signals_begin();
    if (options.mode == ADVERSARY) {
        adversary_all();
        _Exit(EXIT_CORRECT);
    }
    if (options.replay) {
        replay();
    } else {
        if (options.mode == SAMPLE)
            sample_all();
        else if (options.mode == PROGRESS)
            progress_all();
        else
            search_all();
        if (fault.kind != FAULT_NONE && fault.tid >= 0) totals.replays = trace_fault();
    }
    report();
    fflush(stdout);
    _Exit(verdict());
}
