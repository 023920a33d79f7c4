/* run.c - one run of the program: its threads on fibers, in the order that the graph demands. */
#include "run.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fault.h"
#include "fiber.h"
#include "location.h"
#include "memory.h"
#include "ops.h"
#include "program.h"
#include "random.h"
#include "stuck.h"

struct run run;
static void *search_stack; /* where run_once waits */

static void enter(void) {
    struct thread *t = &run.threads[run.me];
    t->state = THREAD_RUNNING;
    if (run.me == 0) {
        program_main();
        run_finish_thread(NULL);
    }
    run_finish_thread(t->body(t->argument));
}

static void switch_to(int tid) {
    struct thread *from = &run.threads[run.me], *to = &run.threads[tid];
    if (from == to) return;
    from->saved_errno = errno;
    run.me = tid;
    fiber_switch(&from->stack, to->stack);
    errno = from->saved_errno;
}

_Noreturn void run_end(enum run_end end) {
    void *dead;
    run.end = end;
    fiber_switch(&dead, search_stack);
    abort();
}

static bool can_run(int tid) {
    struct thread *t = &run.threads[tid];
    if (t->state == THREAD_READY || t->state == THREAD_RUNNING) return true;
    if (t->state != THREAD_WAITING) return false;
    int before = run.me;
    run.me = tid;
    bool ready = t->ready() != NONE;
    run.me = before;
    return ready;
}

/* A thread that can add events: the running one if it can, else the lowest. NONE: nobody. */
static int pick(void) {
    if (options.shuffle) {
        int able[MAX_THREADS], n = 0;
        for (int t = 0; t < MAX_THREADS; t++)
            if (can_run(t)) able[n++] = t;
        return n ? able[random_below((uint32_t)n)] : NONE;
    }
    if (can_run(run.me)) return run.me;
    for (int t = 0; t < MAX_THREADS; t++)
        if (can_run(t)) return t;
    return NONE;
}

static void check_replay(int tid) {
    enum thread_state state = run.threads[tid].state;
    if (state != THREAD_READY && state != THREAD_RUNNING)
        fault_raise(FAULT_NOT_MODELLED, 0,
                    "not modelled: the program is not deterministic: given the same schedule and "
                    "the same values it went another way");
}

static void go_on_elsewhere(void) {
    if (run.cursor < run.g->n) {
        check_replay(run.g->ev[run.cursor].tid);
        switch_to(run.g->ev[run.cursor].tid);
        return;
    }
    int next = pick();
    if (next == NONE) run_end(stuck_verdict());
    switch_to(next);
}

struct event *run_turn(void) {
    while (run.cursor < run.g->n) {
        struct event *e = &run.g->ev[run.cursor];
        if (e->tid == run.me) {
            run.cursor++;
            run.plain = 0;
            run.steps++;
            return e;
        }
        check_replay(e->tid);
        switch_to(e->tid);
    }
    if (options.shuffle && !run.atomic) {
        int next = pick();
        if (next != run.me) {
            switch_to(next);
            return run_turn();
        }
    }
    run.plain = 0;
    run.steps++;
    if (run.g->n >= (int)options.max_events) run_end(RUN_LIMIT);
    return NULL;
}

void run_added(void) { run.cursor = run.g->n; }

int run_wait(int (*ready)(void), uintptr_t argument, int label, uint64_t pc) {
    struct thread *t = &run.threads[run.me];
    t->ready = ready;
    t->wait_arg = argument;
    t->wait_label = (uint8_t)label;
    t->wait_pc = pc;
    for (;;) {
        int event = ready();
        if (event != NONE) {
            t->state = THREAD_RUNNING;
            return event;
        }
        t->state = THREAD_WAITING;
        go_on_elsewhere();
    }
}

_Noreturn void run_stuck(int read, int label, uint64_t pc) {
    struct thread *t = &run.threads[run.me];
    t->state = THREAD_STUCK;
    t->stuck_on = (int16_t)read;
    t->wait_label = (uint8_t)label;
    t->wait_pc = pc;
    for (;;) go_on_elsewhere();
}

void run_start_thread(int tid, void *(*body)(void *), void *argument, uint64_t pc) {
    struct thread *t = &run.threads[tid];
    *t = (struct thread){.state = THREAD_READY,
                         .body = body,
                         .argument = argument,
                         .stuck_on = NONE,
                         .create_pc = pc};
    t->stack = fiber_prepare(tid, enter);
}

_Noreturn void run_finish_thread(void *result) {
    op_end();
    struct thread *t = &run.threads[run.me];
    t->result = result;
    t->state = THREAD_DONE;
    for (;;) go_on_elsewhere();
}

enum run_end run_once(struct graph *g) {
    memory_reset();
    location_run++;
    memset(run.threads, 0, sizeof run.threads);
    run.g = g;
    run.cursor = 0;
    run.plain = 0;
    run.atomic = false;
    run.me = 0;
    run_start_thread(0, NULL, NULL, 0);
    fiber_switch(&search_stack, run.threads[0].stack);
    return run.end;
}
