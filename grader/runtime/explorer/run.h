/* run.h - one run of the program: its threads on fibers, in the order that the graph demands.
 *
 * While the graph has events that this run has not reached, the thread of the next one runs
 * (replay). Beyond them, a thread runs until it can add no more events.
 */
#ifndef HBX_RUN_H
#define HBX_RUN_H

#include "graph.h"

enum run_end {
    RUN_COMPLETE, /* every thread has finished, or the program has exited */
    RUN_BLOCKED,  /* threads are stuck, but only because of the choices made: nothing new */
    RUN_STUCK,    /* threads are stuck for good: deadlock or livelock */
    RUN_ABANDON,  /* the graph cannot be continued: atomicity */
    RUN_LIMIT,    /* too many events */
    RUN_FAULT,
};

enum thread_state {
    THREAD_NONE,
    THREAD_READY,   /* created, not yet started */
    THREAD_RUNNING, /* can run */
    THREAD_WAITING, /* until `ready` says so */
    THREAD_STUCK,   /* for the rest of this run */
    THREAD_DONE,
};

struct thread {
    enum thread_state state;
    void *stack; /* where it goes on */
    void *(*body)(void *);
    void *argument, *result;
    bool detached, joined;
    int (*ready)(void); /* WAITING: the event waited for, or NONE */
    uintptr_t wait_arg;
    uint64_t wait_pc;
    uint8_t wait_label;
    int16_t stuck_on;  /* the read that it is stuck on, or NONE */
    uint64_t next_pc;  /* of the operation that it is about to perform */
    int16_t next_loc;  /* of the operation that it is about to perform, or NONE */
    bool next_writes;  /* that one may write */
    int16_t performed; /* visible events in this run so far */
    int16_t last;      /* the last of them, or NONE */
    uintptr_t frame;   /* its stack is in use from here up, while another thread runs */
    uintptr_t pointer; /* its thread pointer, or 0 */
    int depth;         /* of `calls` */
    int saved_errno;
    int timeouts, spurious; /* used up in this run */
    uint64_t create_pc;
    uint32_t calls[MAX_CALLS]; /* where the functions that it is in were called from */
};

struct run {
    struct graph *g;
    int cursor;    /* events before this position have been performed in this run */
    int n_threads; /* numbers in use are below this */
    int me;        /* the thread that runs */
    bool atomic;
    int closing; /* the thread that has one of two open read-modify-writes still to close, or NONE: it
                    must go on first, for the store that its write follows is taken */
    bool suspends;     /* at the end, all threads but one are suspended on purpose */
    bool exited_early; /* main returned, or exit was called, while threads were not joined */
    bool exited;       /* the whole program has ended: who still waits, waits no more */
    const char *bound; /* what this run was cut short by, or NULL */
    enum run_end end;
    uint64_t pc;    /* of the plain access made last */
    uint64_t plain; /* instrumented calls since the last visible event */
    uint64_t steps; /* visible events performed in all runs */
    struct thread threads[MAX_THREADS];
};

extern struct run run;

/* What happens-before the next step of this thread. */
const struct clock *run_known(int tid);

/* This run is cut short: what comes behind it is not explored. `by` names the option. */
void run_bounded(const char *by);

/* Run the program along the graph, from its start, and beyond. */
enum run_end run_once(struct graph *g);

/* Wait for the running thread's turn. Returns the event to replay, or NULL: the thread may add one
 * to the graph. */
struct event *run_turn(void);

/* An event has just been added by the running thread. */
void run_added(void);

/* Wait until ready() names an event (of a thread that ends, ...). Returns it. */
int run_wait(int (*ready)(void), uintptr_t argument, int label, uint64_t pc);

/* The running thread cannot go on in this run. */
_Noreturn void run_stuck(int read, int label, uint64_t pc, uintptr_t argument);

/* Leave the program for good. */
_Noreturn void run_end(enum run_end end);

/* Make thread `tid` ready to start. */
void run_start_thread(int tid, void *(*body)(void *), void *argument, uint64_t pc);

/* Does the program run just now (or the search)? */
bool run_inside(void);

/* The running thread is at its end. */
_Noreturn void run_finish_thread(void *result);

#endif
