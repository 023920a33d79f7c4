/* litmus.h - a litmus test on the processor: what a generated test tells the machine that runs it.
 *
 * A test is a few threads of a few statements each. The machine runs it millions of times, each
 * time on memory of its own, with all threads let go at the same moment, and counts how it ended.
 */
#ifndef HB_LITMUS_H
#define HB_LITMUS_H

#include <stdatomic.h>

#define LITMUS_MOST_THREADS   6
#define LITMUS_MOST_LOCATIONS 6
#define LITMUS_MOST_REGISTERS 10

/* One location, alone on its line and its neighbour, which some processors fetch with it. */
struct litmus_location {
    _Alignas(128) atomic_int value;
};

/* One thread of the test: reads and writes `at`, and leaves what it has read in `got`. */
typedef void litmus_thread(struct litmus_location *at, int *got);

struct litmus_test {
    int threads, locations, registers;
    litmus_thread *const *run;  /* the threads */
    const int *owner;           /* by register: the thread that it belongs to */
    const char *const *outcome; /* the names in an outcome: registers, then observed locations */
    int observed;               /* how many locations are part of the outcome */
    const int *watched;         /* which */
};

extern const struct litmus_test litmus_test;

#endif
