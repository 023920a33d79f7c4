/* sync.c - blocking on hidden locations: attempts, deadlines, queues of waiters. */
#include "sync.h"

#include <string.h>

#include "fault.h"
#include "shadow.h"

void sync_touch(const void *object, uint64_t pc) { shadow_touch(object, 4, TOUCH_ATOMIC, pc); }

void sync_initialise(struct access a, size_t bytes, uint64_t value) {
    op_store(a, value);
    memset((void *)a.address, 0, bytes);
    shadow_touch(a.address, bytes, TOUCH_WRITE, a.pc);
}

_Noreturn void sync_misuse(const char *call, const char *rule, uint64_t pc) {
    fault_raise(FAULT_MISUSE, pc, "%s: %s", call, rule);
}

/* --- attempts --------------------------------------------------------------------------------- */

static bool guard_allows(const struct rmw *rmw, value_t value) {
    struct event read = {.guard = (uint8_t)rmw->guard, .guard_arg = rmw->guard_arg};
    return guard_holds(&read, value);
}

static bool try_open(struct access a, struct rmw rmw) {
    enum rmw_op op = rmw.op;
    struct rmw open = {.op = RMW_OPEN, .fail_order = ORDER_RELAXED, .guard = GUARD_NONE};
    value_t was = op_open(a, open);
    if (!guard_allows(&rmw, was)) {
        op_drop();
        return false;
    }
    op_close(op == RMW_ADD ? was + rmw.operand : op == RMW_SUB ? was - rmw.operand : rmw.operand);
    return true;
}

bool sync_try(struct access a, struct rmw rmw) {
    bool done;
    if (rmw.op != RMW_EXCHANGE || rmw.guard != GUARD_EQ) return try_open(a, rmw);
    rmw.op = RMW_CAS;
    rmw.expected = rmw.guard_arg;
    rmw.guard = GUARD_NONE;
    rmw.fail_order = ORDER_RELAXED;
    op_rmw(a, rmw, &done);
    return done;
}

/* --- deadlines -------------------------------------------------------------------------------- */

static uint32_t gives_up[MAX_THREADS]; /* the run in which it may */

bool sync_may_give_up(int tid) { return gives_up[tid] == location_run; }

_Noreturn void sync_stop(enum label label, const void *object, uint64_t pc) {
    gives_up[run.me] = location_run;
    run_stuck(NONE, (int)label, pc, (uintptr_t)object);
}

/* One expired timeout more. False: the budget is used up, and this run cut short by it. */
static bool spend_timeout(void) {
    struct thread *me = &run.threads[run.me];
    if (me->timeouts < options.timeouts) {
        me->timeouts++;
        return true;
    }
    run_bounded("timeouts");
    return false;
}

bool sync_acquire(struct access a, struct rmw rmw, uint64_t deadline) {
    bool done, timed = deadline != NO_DEADLINE, late = timed && time_of_thread() >= deadline;
    if (late) return sync_try(a, rmw);
    if (timed && spend_timeout()) {
        if (sync_try(a, rmw)) {
            run.threads[run.me].timeouts--;
            return true;
        }
        time_advance(deadline);
        return false;
    }
    if (timed) gives_up[run.me] = location_run;
    op_rmw(a, rmw, &done);
    gives_up[run.me] = 0;
    return true;
}

enum ending sync_ending(uint64_t deadline, int kinds, int *kind, uint64_t pc) {
    struct thread *me = &run.threads[run.me];
    bool timed = deadline != NO_DEADLINE;
    *kind = 0;
    if (timed && time_of_thread() >= deadline) return ENDS_TIMED_OUT;
    int spurious = me->spurious < options.spurious ? kinds : 0;
    int timeouts = timed && me->timeouts < options.timeouts;
    if (timed && !timeouts) run_bounded("timeouts");
    int n = 1 + timeouts + spurious;
    int chosen = n > 1 ? op_choice(n, LABEL_ENDING, pc) : 0;
    if (chosen == 0) return ENDS_WOKEN;
    if (timeouts && chosen == 1) {
        me->timeouts++;
        time_advance(deadline);
        return ENDS_TIMED_OUT;
    }
    me->spurious++;
    *kind = chosen - 1 - timeouts;
    return ENDS_SPURIOUS;
}

/* --- waiting in a queue ----------------------------------------------------------------------- */

/* The write of the same call to the other queue: its thread's next event. */
static int partner(const struct graph *g, int write) {
    const struct event *w = &g->ev[write];
    for (int at = write + 1; at < g->n; at++)
        if (g->ev[at].tid == w->tid) return g->ev[at].kind == EV_RMW_W ? at : NONE;
    return NONE;
}

static int16_t entered[MAX_THREADS]; /* each waiter's write */

/* Follow the queue's writes from the one by which the running thread entered, and where it was
 * moved, to the one that took it out. */
static int taken_out(void) {
    const struct graph *g = run.g;
    int at = entered[run.me];
    while ((at = g->ev[at].mo_next) >= 0) {
        value_t q = g->ev[at].wval;
        if (queue_has(q, run.me)) continue;
        if (!(q >> 64 >> run.me & 1)) return at;
        at = partner(g, at);
        if (at == NONE) return NONE;
    }
    return NONE;
}

void sync_wait(const void *object, int write, uint64_t deadline, enum label label, uint64_t pc) {
    entered[run.me] = (int16_t)write;
    if (deadline != NO_DEADLINE) gives_up[run.me] = location_run;
    op_join(taken_out, (uintptr_t)object, (int)label, pc);
    gives_up[run.me] = 0;
}

/* --- queues ----------------------------------------------------------------------------------- */

static value_t queue_make(uint64_t waiters, int n) { return (value_t)n << 80 | waiters; }

bool queue_has(value_t q, int tid) {
    for (int place = 0; place < queue_length(q); place++)
        if (queue_at(q, place) == tid) return true;
    return false;
}

value_t queue_add(value_t q, int tid) {
    int n = queue_length(q);
    return queue_make((uint64_t)q | (uint64_t)tid << (4 * n), n + 1);
}

value_t queue_remove(value_t q, int place) {
    uint64_t all = (uint64_t)q, before = all & (((uint64_t)1 << (4 * place)) - 1);
    uint64_t behind = all >> (4 * place) >> 4;
    return queue_make(before | behind << (4 * place), queue_length(q) - 1) | (q >> 64 & 0xFFFF)
                                                                                 << 64;
}

value_t queue_settle(value_t q) { return queue_make((uint64_t)q, queue_length(q)); }

value_t queue_mark_moved(value_t q, int tid) { return q | (value_t)1 << (64 + tid); }
