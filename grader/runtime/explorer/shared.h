/* shared.h - what the processes of one exploration share: counts, outcomes, who is idle. */
#ifndef HBX_SHARED_H
#define HBX_SHARED_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum { SHARED_OUTCOMES = 16384, SHARED_BOUND = 32 };

struct shared_outcome {
    uint64_t executions; /* 0: this place is empty */
    char state[1000];
};

struct shared {
    _Atomic(uint32_t) lock;
    _Atomic(int) active; /* processes that explore */
    _Atomic(bool) stop;  /* everybody may stop */
    bool fault_found;    /* read when all have ended */
    uint64_t executions, blocked, abandoned, cut, steps, longest,
        settled; /* under the lock, each once */
    int threads;
    unsigned bypass_below;
    char bound[SHARED_BOUND]; /* the first bound that was reached */
    uint64_t outcomes_lost;
    struct shared_outcome outcomes[SHARED_OUTCOMES];
};

extern struct shared *shared;

void shared_begin(void);

/* A short critical section over outcomes and bound. Spins: at most a few processes, briefly. */
void shared_lock(void);
void shared_unlock(void);

/* Remember the first bound that was reached. */
void shared_bound(const char *by);

#endif
