/* config.h - the limits of one exploration and its options. */
#ifndef HBX_CONFIG_H
#define HBX_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

enum {
    MAX_THREADS = 16,      /* threads per execution, main included: a clock is 32 bytes */
    MAX_EVENTS = 8192,     /* visible events per execution */
    MAX_LOCATIONS = 4096,  /* distinct atomic or hidden locations per program */
    MAX_CALLS = 256,       /* depth of the call stack kept for reports */
    STACK_BYTES = 1 << 20, /* stack of one fiber */
    HEAP_BYTES = 64 << 20, /* heap of one thread */
    TLS_BYTES = 64 * 1024, /* thread-local variables of one thread, libc's included */
};

enum mode { EXHAUSTIVE, SAMPLE, PROGRESS, ADVERSARY };
enum memory_model { MODEL_RC11, MODEL_SC, MODEL_TSO };

/* What the command line asks for; options.c has the defaults and the texts. */
struct options {
    enum mode mode;
    enum memory_model model;
    uint64_t max_executions; /* 0: no bound */
    double max_seconds;      /* 0: no bound */
    uint64_t max_events;     /* per execution, at most MAX_EVENTS */
    uint64_t max_plain;      /* instrumented calls in a row without a visible operation */
    uint64_t unroll;         /* 0: no bound; else reads of one location at one program point */
    uint64_t seed;
    uint64_t samples;      /* sampling: number of executions */
    uint64_t stories;      /* executions looked at behind a fault, for a shorter one */
    int rounds;            /* of a loop without effect, until it counts as waiting */
    int looks;             /* of a bounded spin loop that branch; 0: all */
    int jobs;              /* processes side by side */
    int timeouts;          /* expired timeouts per thread */
    int spurious;          /* spurious wakeups per thread */
    bool weak;             /* a weak compare-exchange may fail for no reason */
    bool check_duplicates; /* hash every complete graph and fail on the second copy */
    bool shuffle;          /* schedule new events by the seed: the counts must not change */
    bool lifo_heap;        /* freed blocks come back at once: what ABA needs */
    bool no_leaks;         /* do not report memory that is still there at the end */
    bool print;            /* let the program's own output through */
    bool all_faults;       /* count faulty executions instead of stopping at the first */
    bool list;             /* list the scenarios and stop */
    const char *scenario;
    const char *replay;
    const char *json;
};

extern struct options options;

#endif
