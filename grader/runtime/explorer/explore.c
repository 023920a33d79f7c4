/* explore.c - the program under test starts here: entry.c has taken the place of its main. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/personality.h>
#include <unistd.h>

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

/* Addresses of libc and of the explorer differ from process to process, unless the kernel is asked not
 * to. The program's own are fixed anyway; this is for pointers that it gets from libc. Where a sandbox
 * forbids it, nothing is lost but that. */
static void start_again_without_randomisation(char **argv) {
    int now = personality(0xFFFFFFFF);
    if (now < 0 || now & ADDR_NO_RANDOMIZE) return;
    if (personality((unsigned long)now | ADDR_NO_RANDOMIZE) < 0) return;
    if (!(personality(0xFFFFFFFF) & ADDR_NO_RANDOMIZE)) return;
    execv("/proc/self/exe", argv);
}

static void replay(void) {
    const char *why;
    if (!trace_replay(options.replay, &why)) {
        fprintf(stderr, "explorer: --replay: %s\n", why);
        _Exit(EXIT_USAGE);
    }
    totals.replays = true;
    if (fault.kind == FAULT_NONE) totals.bound = "replay"; /* one execution is not all */
}

__attribute__((visibility("default"))) int explorer_start(int argc, char **argv, program_fn *main,
                                                          const struct scenario *const *scenarios,
                                                          const struct scenario *const *end);
int explorer_start(int argc, char **argv, program_fn *main, const struct scenario *const *scenarios,
                   const struct scenario *const *end) {
    const char *why;
    start_again_without_randomisation(argv);
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
