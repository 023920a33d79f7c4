/* progress.h - what operations promise when others are suspended for ever. */
#ifndef HBX_PROGRESS_H
#define HBX_PROGRESS_H

#include "scenario.h"

struct progress_operation {
    const char *name;
    int steps[8]; /* the most own steps of one call, at contention 1, 2, ...; -1: none */
};

struct progress {
    bool measured;
    enum scenario_progress result; /* NOT_CLAIMED: blocking */
    enum scenario_progress claim;
    int contention; /* measured up to this */
    int n_operations;
    struct progress_operation operations[16];
};

extern struct progress progress;

const char *progress_name(enum scenario_progress p);

/* Measure, and compare with the scenario's claim. Fills progress, and fault if the claim is broken. */
void progress_all(void);

#endif
