/* run.c - one run of the program: its threads on fibers, in the order that the graph demands. */
#include "run.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "drive.h"
#include "fault.h"
#include "fiber.h"
#include "heap.h"
#include "location.h"
#include "marks.h"
#include "memory.h"
#include "ops.h"
#include "outcome.h"
#include "output.h"
#include "program.h"
#include "random.h"
#include "shadow.h"
#include "spin.h"
#include "stuck.h"
#include "sync.h"
#include "threads.h"
#include "trace.h"
#include "trespass.h"

struct run run;
static void *search_stack; /* where run_once waits */
static bool inside;

bool run_inside(void) { return inside; }

static void enter(void) {
    struct thread *t = &run.threads[run.me];
    t->state = THREAD_RUNNING;
    if (run.me == 0) program_main();
    thread_exit(t->body(t->argument));
}

/* Where the program's part of the running stack begins: the runtime's own frames lie below. */
static uintptr_t program_frame(void) {
    const uintptr_t *frame = __builtin_frame_address(0);
    while (in_stack((uintptr_t)frame, run.me)) {
        if (frame[1] >> 32 == 0) return (uintptr_t)(frame + 2);
        frame = (const uintptr_t *)frame[0];
    }
    return stack_high(run.me);
}

static void switch_to(int tid) {
    struct thread *from = &run.threads[run.me], *to = &run.threads[tid];
    if (from == to) return;
    from->saved_errno = errno;
    from->frame = program_frame();
    run.me = tid;
    if (to->pointer) fiber_set_thread_pointer(to->pointer);
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

static int able[MAX_THREADS];

static int all_able(void) {
    int n = 0;
    for (int t = 0; t < run.n_threads; t++)
        if (can_run(t)) able[n++] = t;
    return n;
}

/* A thread that can add events: the running one if it can, else the lowest. NONE: nobody. */
static int pick(void) {
    if (driver || options.shuffle) {
        int n = all_able();
        if (n == 0) return NONE;
        if (driver) return driver->thread(able, n);
        return able[random_below((uint32_t)n)];
    }
    if (can_run(run.me)) return run.me;
    for (int t = 0; t < run.n_threads; t++)
        if (can_run(t)) return t;
    return NONE;
}

_Noreturn static void not_deterministic(void) {
    fault_raise(FAULT_NOT_MODELLED, 0,
                "not modelled: the program is not deterministic: given the same schedule and the "
                "same values it went another way");
}

static void check_replay(int tid) {
    enum thread_state state = run.threads[tid].state;
    if (state != THREAD_READY && state != THREAD_RUNNING) not_deterministic();
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

/* The running thread performs the event at this position. */
static void perform(int at) {
    struct thread *t = &run.threads[run.me];
    run.cursor = at + 1;
    run.plain = 0;
    run.steps++;
    t->performed++;
    t->last = (int16_t)at;
    if (recording) trace_event(at);
}

struct event *run_turn(void) {
    if (!inside) fault_internal("not modelled: a call before main (a constructor)");
    while (run.cursor < run.g->n) {
        struct event *e = &run.g->ev[run.cursor];
        if (e->tid == run.me) {
            perform(run.cursor);
            return e;
        }
        check_replay(e->tid);
        switch_to(e->tid);
    }
    if (run.closing != NONE && run.closing != run.me) switch_to(run.closing);
    if ((driver || options.shuffle) && !run.atomic) {
        int next = pick();
        if (next != run.me) switch_to(next); /* and back, when this thread has been picked */
    }
    if (run.g->n >= (int)options.max_events) run_end(RUN_LIMIT);
    return NULL;
}

void run_added(void) { perform(run.g->n - 1); }

const struct clock *run_known(int tid) {
    static const struct clock nothing;
    const struct thread *t = &run.threads[tid];
    int from = t->last >= 0 ? t->last : run.g->creator[tid];
    return from >= 0 ? &run.g->ev[from].hb : &nothing;
}

void run_bounded(const char *by) {
    if (!run.bound) run.bound = by;
}

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
        if (options.mode == PROGRESS && !driver && marks_open(run.me) && !sync_may_give_up(run.me))
            run_end(RUN_BLOCKED); /* here it would sleep for ever, if the others were suspended */
        go_on_elsewhere();
    }
}

_Noreturn void run_stuck(int read, int label, uint64_t pc, uintptr_t argument) {
    struct thread *t = &run.threads[run.me];
    t->state = THREAD_STUCK;
    t->stuck_on = (int16_t)read;
    t->wait_label = (uint8_t)label;
    t->wait_pc = pc;
    t->wait_arg = argument;
    for (;;) go_on_elsewhere();
}

void run_start_thread(int tid, void *(*body)(void *), void *argument, uint64_t pc) {
    struct thread *t = &run.threads[tid];
    memset(t, 0, offsetof(struct thread, calls));
    t->state = THREAD_READY;
    t->body = body;
    t->argument = argument;
    t->stuck_on = t->last = NONE;
    t->create_pc = pc;
    t->pointer = memory_fresh_tls(tid);
    trespass_start_thread(tid);
    t->stack = fiber_prepare((void *)stack_high(tid), enter);
    if (tid >= run.n_threads) run.n_threads = tid + 1;
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
    heap_reset();
    shadow_reset();
    spin_forget_all();
    location_run++;
    for (int t = 0; t < run.n_threads; t++) run.threads[t].state = THREAD_NONE;
    run.n_threads = 0;
    run.g = g;
    run.cursor = 0;
    run.plain = 0;
    run.atomic = false;
    run.closing = NONE;
    op_begin_run();
    run.bound = NULL;
    run.exited = run.exited_early = false;
    run.me = 0;
    run_start_thread(0, NULL, NULL, 0);
    if (run.threads[0].pointer) fiber_set_thread_pointer(run.threads[0].pointer);
    outcome_begin();
    output_begin();
    inside = true;
    fiber_switch(&search_stack, run.threads[0].stack);
    inside = false;
    if (run.threads[0].pointer) fiber_set_thread_pointer(fiber_own_pointer());
    return run.end;
}
