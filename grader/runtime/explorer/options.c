/* options.c - the command line of a program under test. */
#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct options options = {
    .model = MODEL_RC11,
    .max_events = 4000,
    .max_plain = 20 * 1000 * 1000,
    .samples = 100 * 1000,
    .timeouts = 1,
    .spurious = 1,
    .stories = 2000,
    .rounds = 1,
    .looks = 2,
    .jobs = 1,
    .max_seconds = 60,
};

static const char usage[] =
    "usage: PROGRAM [options]\n"
    "  --mode exhaustive|sample|progress|adversary\n"
    "  --memory-model rc11|sc|tso\n"
    "  --scenario NAME      run this scenario instead of main; --list names them\n"
    "  --max-executions N   stop after N executions (0: no bound)\n"
    "  --time SECONDS       stop after this time (0: no bound; 60 unless told)\n"
    "  --max-events N       visible events in one execution, at most 8000\n"
    "  --unroll N           reads of one program point by one thread (0: no bound)\n"
    "  --timeouts N         deadlines that may pass, per thread and execution\n"
    "  --spurious N         wakeups for no reason, per thread and execution\n"
    "  --looks N            of a bounded spin loop (cpu_relax), the first N looks branch (0: all)\n"
    "  --stories N          look at N more executions for a shorter way to the fault (2000)\n"
    "  --weak               compare-exchange may fail for no reason, where it is weak\n"
    "  --seed N --samples N for --mode sample\n"
    "  --jobs N             processes that explore side by side\n"
    "  --lifo-heap          freed memory comes back at once (ABA)\n"
    "  --no-leaks           memory may be left at the end\n"
    "  --replay TOKEN       run one execution only\n"
    "  --print              let the program's own output through\n"
    "  --json FILE          write the result there ('-': standard output)\n"
    "  --check-duplicates   fail if an execution graph comes twice\n"
    "  --shuffle            schedule by --seed; no count may change\n"
    "  --all-faults         count faulty executions instead of stopping at the first\n";

_Noreturn static void wrong(const char *what, const char *value) {
    fprintf(stderr, "explorer: %s: %s\n%s", what, value, usage);
    exit(2);
}

static uint64_t number(const char *text, uint64_t max, const char *name) {
    char *end;
    errno = 0;
    unsigned long long n = strtoull(text, &end, 10);
    if (errno || end == text || *end || text[0] == '-' || n > max) wrong(name, text);
    return n;
}

static double seconds(const char *text) {
    char *end;
    double s = strtod(text, &end);
    if (end == text || *end || !(s >= 0) || s > 1e9) wrong("--time wants seconds, not", text);
    return s;
}

static void set_mode(const char *text) {
    static const char *const names[] = {"exhaustive", "sample", "progress", "adversary"};
    for (int mode = 0; mode < 4; mode++)
        if (strcmp(text, names[mode]) == 0) {
            options.mode = (enum mode)mode;
            return;
        }
    wrong("--mode is exhaustive, sample, progress or adversary, not", text);
}

static void set_model(const char *text) {
    if (strcmp(text, "rc11") == 0)
        options.model = MODEL_RC11;
    else if (strcmp(text, "sc") == 0)
        options.model = MODEL_SC;
    else if (strcmp(text, "tso") == 0)
        options.model = MODEL_TSO;
    else
        wrong("--memory-model is rc11, sc or tso, not", text);
}

enum option_name {
    MODE = 1,
    MODEL,
    SCENARIO,
    LIST,
    EXECUTIONS,
    TIME,
    EVENTS,
    UNROLL,
    TIMEOUTS,
    SPURIOUS,
    WEAK,
    LOOKS,
    STORIES,
    SEED,
    SAMPLES,
    JOBS,
    LIFO,
    NO_LEAKS,
    REPLAY,
    PRINT,
    JSON,
    DUPLICATES,
    SHUFFLE,
    ALL_FAULTS,
    HELP,
};

static const struct option names[] = {{"mode", required_argument, NULL, MODE},
                                      {"memory-model", required_argument, NULL, MODEL},
                                      {"scenario", required_argument, NULL, SCENARIO},
                                      {"list", no_argument, NULL, LIST},
                                      {"max-executions", required_argument, NULL, EXECUTIONS},
                                      {"time", required_argument, NULL, TIME},
                                      {"max-events", required_argument, NULL, EVENTS},
                                      {"unroll", required_argument, NULL, UNROLL},
                                      {"timeouts", required_argument, NULL, TIMEOUTS},
                                      {"spurious", required_argument, NULL, SPURIOUS},
                                      {"weak", no_argument, NULL, WEAK},
                                      {"looks", required_argument, NULL, LOOKS},
                                      {"stories", required_argument, NULL, STORIES},
                                      {"seed", required_argument, NULL, SEED},
                                      {"samples", required_argument, NULL, SAMPLES},
                                      {"jobs", required_argument, NULL, JOBS},
                                      {"lifo-heap", no_argument, NULL, LIFO},
                                      {"no-leaks", no_argument, NULL, NO_LEAKS},
                                      {"replay", required_argument, NULL, REPLAY},
                                      {"print", no_argument, NULL, PRINT},
                                      {"json", required_argument, NULL, JSON},
                                      {"check-duplicates", no_argument, NULL, DUPLICATES},
                                      {"shuffle", no_argument, NULL, SHUFFLE},
                                      {"all-faults", no_argument, NULL, ALL_FAULTS},
                                      {"help", no_argument, NULL, HELP},
                                      {NULL, 0, NULL, 0}};

static void set(enum option_name name, const char *text) {
    switch (name) {
    case MODE: set_mode(text); break;
    case MODEL: set_model(text); break;
    case SCENARIO: options.scenario = text; break;
    case LIST: options.list = true; break;
    case EXECUTIONS: options.max_executions = number(text, UINT64_MAX, "--max-executions"); break;
    case TIME: options.max_seconds = seconds(text); break;
    case EVENTS: options.max_events = number(text, MAX_EVENTS - 192, "--max-events"); break;
    case UNROLL: options.unroll = number(text, UINT32_MAX, "--unroll"); break;
    case TIMEOUTS: options.timeouts = (int)number(text, 1000, "--timeouts"); break;
    case SPURIOUS: options.spurious = (int)number(text, 1000, "--spurious"); break;
    case STORIES: options.stories = number(text, UINT64_MAX, "--stories"); break;
    case LOOKS: options.looks = (int)number(text, 1000000, "--looks"); break;
    case WEAK: options.weak = true; break;
    case SEED: options.seed = number(text, UINT64_MAX, "--seed"); break;
    case SAMPLES: options.samples = number(text, UINT64_MAX, "--samples"); break;
    case JOBS: options.jobs = (int)number(text, 64, "--jobs"); break;
    case LIFO: options.lifo_heap = true; break;
    case NO_LEAKS: options.no_leaks = true; break;
    case REPLAY: options.replay = text; break;
    case PRINT: options.print = true; break;
    case JSON: options.json = text; break;
    case DUPLICATES: options.check_duplicates = true; break;
    case SHUFFLE: options.shuffle = true; break;
    case ALL_FAULTS: options.all_faults = true; break;
    case HELP: fputs(usage, stdout); exit(0);
    }
}

void options_parse(int argc, char **argv) {
    opterr = 0;
    for (;;) {
        int name = getopt_long(argc, argv, "", names, NULL);
        if (name == -1) break;
        if (name == '?') wrong("an option that is not known, or lacks its value", argv[optind - 1]);
        set((enum option_name)name, optarg);
    }
    if (optind < argc) wrong("an argument that is no option", argv[optind]);
    if (options.jobs < 1) options.jobs = 1;
    if (options.check_duplicates || options.shuffle) options.jobs = 1;
}
