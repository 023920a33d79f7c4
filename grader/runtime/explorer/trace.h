/* trace.h - one execution told step by step. */
#ifndef HBX_TRACE_H
#define HBX_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TRACE_DEPTH = 12, MAX_STEPS = 4096 };

struct stack {
    int n;
    uint32_t pc[TRACE_DEPTH]; /* return addresses, the innermost first */
};

struct step {
    uint8_t tid;
    bool plain, write; /* a plain access */
    bool freed;        /* a plain access that gives back a block of the heap */
    bool stale;        /* a newer store had been performed when it read */
    int16_t event;     /* position in the graph; of a plain access: that of the event before it */
    int16_t second;    /* of a read-modify-write: its write, or NONE */
    uintptr_t address;
    uint32_t size;
    uint64_t value; /* of a plain access */
    bool value_known;
    struct stack stack;
};

extern struct step steps[MAX_STEPS];
extern int n_steps;
extern bool recording;

/* Where the running thread is: `pc` and the calls around it. */
struct stack trace_stack(int tid, uint64_t pc);

/* Called by the scheduler, the ABI and the heap while `recording`. */
void trace_event(int at);
void trace_plain(const void *address, size_t size, bool write, uint64_t pc);
void trace_free(const void *block, size_t size, uint64_t pc);

/* Run the faulty execution again along the order with the fewest changes of thread, and record it.
 * False: the fault did not come again, which is a defect of the explorer. */
bool trace_fault(void);

/* Begin to record a run that somebody else drives. */
void trace_begin(void);

/* The token of the run that has just ended. */
const char *trace_token_now(void);

/* A faulty run has just ended: keep it if it is a shorter story than the one kept so far. */
void trace_consider(void);

/* The token of the execution that was recorded. */
const char *trace_token(void);

/* Run a token's execution and record it. */
bool trace_replay(const char *token, const char **why);

#endif
