/* search.h - all executions, each once. */
#ifndef HBX_SEARCH_H
#define HBX_SEARCH_H

#include <stdbool.h>
#include <stdint.h>

struct totals {
    uint64_t settled; /* looks of spin loops that did not branch */
    uint64_t executions, blocked, abandoned, cut, steps, longest, faulty;
    unsigned bypass_below; /* each waiter was overtaken fewer times; 0: nobody was seen to ask */
    int threads;
    double seconds;
    bool replays;          /* the fault came again when it was replayed */
    const char *statement; /* sampling: what may have been missed */
    const char *bound;     /* what the search was cut short by, or NULL: complete */
};

extern struct totals totals;

/* Explore until all is done, a fault is found or a bound is reached. */
void search_all(void);

/* Look at how the run has ended and count it. True: it shows a fault, which is in `fault`. */
bool search_account(int end);

double seconds_now(void);

#endif
