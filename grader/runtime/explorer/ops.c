/* ops.c - the visible operations of a thread: each adds its events to the graph, or replays them. */
#include "ops.h"

#include <string.h>

#include "coherence.h"
#include "drive.h"
#include "fault.h"
#include "run.h"
#include "shadow.h"
#include "spin.h"
#include "unroll.h"
#include "work.h"

static uint8_t hidden_kind(enum space space) {
    if (space == SPACE_MEMORY) return 0;
    return space == SPACE_FUTEX || space == SPACE_COND ? HIDDEN_UNORDERED : HIDDEN;
}

/* The graph's next event, built where graph_append will want it. */
static struct event *new_event(enum event_kind kind, const struct access *a, int loc) {
    struct event *e = &run.g->ev[run.g->n];
    memset(e, 0, EVENT_SCALARS); /* each kind sets the values that it has */
    e->kind = (uint8_t)kind;
    e->order = e->ok_order = e->fail_order = a->order;
    e->tid = (uint8_t)run.me;
    e->size = a->size;
    e->hidden = hidden_kind(a->space);
    e->label = a->label;
    e->joined = run.atomic;
    e->loc = (int16_t)loc;
    e->rf = e->rel_fence = e->woken = e->mo_pos = NONE;
    e->pc = a->pc;
    return e;
}

static int position_of(const struct event *e) { return (int)(e - run.g->ev); }

static void must_match(const struct event *e, enum event_kind kind, int loc) {
    if (e->kind != kind || e->loc != loc)
        fault_raise(FAULT_NOT_MODELLED, e->pc,
                    "not modelled: the program is not deterministic: given the same schedule and "
                    "the same values it went another way");
}

/* Every location is looked up in each run, also in replay: its first use captures what it held. */
static int locate(const struct access *a, bool writes) {
    struct thread *me = &run.threads[run.me];
    int loc = location_of(a->space, a->address, a->size, a->pc);
    me->next_loc = (int16_t)loc;
    me->next_writes = writes;
    me->next_pc = a->pc;
    return loc;
}

/* The operation has been performed: plain accesses to the same bytes must be in order with it. */
static void touch(const struct access *a, int kind) {
    if (a->space == SPACE_MEMORY) shadow_touch(a->address, a->size, kind | TOUCH_ATOMIC, a->pc);
}

/* --- reads ----------------------------------------------------------------------------------- */

/* Under a driver a thread whose loop goes round without effect waits for a store that one of the
 * loop's reads could take. */
static int news(void) { return spin_news(run.me); }

static const struct event *wanted[MAX_THREADS];
static int wanted_is_there(void) { return drive_can_read(run.g, wanted[run.me]) ? 0 : NONE; }

/* Does a new read of this thread have to wait until there is a store that it likes? */
static bool must_wait(const struct event *made) {
    return driver && made->guard != GUARD_NONE && !drive_can_read(run.g, made);
}

/* Others add events meanwhile: what has been built of the read is kept elsewhere. */
static const struct event *wait_to_read(const struct event *made, bool loops, struct event *kept) {
    uintptr_t address = locations[made->loc].address;
    memcpy(kept, made, EVENT_HEAD);
    if (loops && !driver) run_stuck(NONE, LABEL_SPIN, made->pc, address);
    if (loops) {
        run_wait(news, address, LABEL_SPIN, kept->pc);
        spin_forget();
        spin_check(kept->loc, kept->pc);
    }
    if (must_wait(kept)) {
        wanted[run.me] = kept;
        run_wait(wanted_is_there, address, kept->label, kept->pc);
    }
    return kept;
}

/* Add the read. `loops`: the thread has stood here before, and changed nothing since. */
static struct event *add_read(const struct event *made, bool loops) {
    struct event kept;
    if (loops || must_wait(made)) made = wait_to_read(made, loops, &kept);
    int at = graph_append(run.g, made);
    drive_read(run.g, at);
    run_added();
    return &run.g->ev[at];
}

value_t op_load(struct access access) {
    const struct access *a = &access;
    int loc = locate(a, false);
    struct event *e = run_turn();
    bool loops = spin_check(loc, a->pc), settled = spin_look(a->pc);
    if (!e) {
        struct event *made = new_event(EV_LOAD, a, loc);
        made->settled = settled && !driver;
        e = add_read(made, loops);
    }
    must_match(e, EV_LOAD, loc);
    unroll_count(a->pc);
    spin_read(position_of(e));
    touch(a, 0);
    return e->rval;
}

/* --- stores ---------------------------------------------------------------------------------- */

void op_store(struct access a, value_t value) {
    int loc = locate(&a, true);
    spin_forget();
    struct event *e = run_turn();
    if (!e) {
        struct event *made = new_event(EV_STORE, &a, loc);
        made->wval = value;
        int at = graph_append(run.g, made);
        event_set_clocks(run.g, at);
        if (!drive_write(run.g, at)) run_end(RUN_ABANDON);
        run_added();
        e = &run.g->ev[at];
    }
    must_match(e, EV_STORE, loc);
    touch(&a, TOUCH_WRITE);
    location_write_through(run.g, position_of(e));
}

/* --- read-modify-writes ---------------------------------------------------------------------- */

static struct event *rmw_read(const struct access *a, const struct rmw *rmw, int loc) {
    struct event *e = run_turn();
    bool loops = rmw->guard == GUARD_NONE && spin_check(loc, a->pc);
    if (!e) {
        struct event *made = new_event(EV_RMW_R, a, loc);
        made->fail_order = (uint8_t)rmw->fail_order;
        made->op = (uint8_t)rmw->op;
        made->operand = rmw->operand;
        made->expected = rmw->expected;
        made->guard = (uint8_t)rmw->guard;
        made->guard_arg = rmw->guard_arg;
        e = add_read(made, loops);
    }
    must_match(e, EV_RMW_R, loc);
    unroll_count(a->pc);
    if (!guard_holds(e, e->rval))
        run_stuck(position_of(e), a->label, a->pc, locations[loc].address);
    spin_read(position_of(e));
    return e;
}

/* The write of the running thread's open read-modify-write. */
static struct event *rmw_write(int read, int loc) {
    run.atomic = true;
    struct event *w = run_turn();
    if (!w) {
        rmw_append_write(run.g, read);
        w = &run.g->ev[run.g->n - 1];
        if (!drive_write(run.g, run.g->n - 1)) run_end(RUN_ABANDON);
        run_added();
    }
    run.atomic = false;
    must_match(w, EV_RMW_W, loc);
    location_write_through(run.g, position_of(w));
    return w;
}

value_t op_rmw(struct access a, struct rmw rmw, bool *done) {
    int loc = locate(&a, true);
    struct event *r = rmw_read(&a, &rmw, loc);
    *done = rmw_succeeds(r);
    if (!*done) {
        touch(&a, 0);
        return r->rval;
    }
    struct event *w = rmw_write(position_of(r), loc);
    touch(&a, TOUCH_WRITE);
    if (w->wval != r->rval) spin_forget();
    return r->rval;
}

/* At most two are open at a time, one inside the other: a futex requeue has two queues. */
static int16_t open_reads[MAX_THREADS][2];
static int n_open[MAX_THREADS];

void op_begin_run(void) { memset(n_open, 0, sizeof n_open); }

value_t op_open(struct access a, struct rmw rmw) {
    rmw.op = RMW_OPEN;
    struct event *r = rmw_read(&a, &rmw, locate(&a, true));
    open_reads[run.me][n_open[run.me]++] = (int16_t)position_of(r);
    run.atomic = true;
    return r->rval;
}

int op_close(value_t value) {
    int read = open_reads[run.me][--n_open[run.me]];
    spin_forget();
    run.g->ev[read].operand = value;
    int write = position_of(rmw_write(read, run.g->ev[read].loc));
    run.atomic = n_open[run.me] > 0;
    run.closing = run.atomic ? run.me : NONE;
    return write;
}

void op_drop(void) {
    int read = open_reads[run.me][--n_open[run.me]];
    struct event *r = &run.g->ev[read];
    r->order = r->fail_order;
    event_set_clocks(run.g, read);
    run.atomic = n_open[run.me] > 0;
}

/* --- the rest -------------------------------------------------------------------------------- */

/* *added: the event is new. */
static struct event *simple(enum event_kind kind, struct access a, int rf, bool *added) {
    run.threads[run.me].next_loc = NONE;
    run.threads[run.me].next_pc = a.pc;
    struct event *e = run_turn();
    *added = !e;
    if (!e) {
        struct event *made = new_event(kind, &a, NONE);
        made->rf = (int16_t)rf;
        int at = graph_append(run.g, made);
        event_set_clocks(run.g, at);
        run_added();
        e = &run.g->ev[at];
    }
    must_match(e, kind, NONE);
    return e;
}

void op_fence(enum order order, uint64_t pc) {
    bool added;
    if (order == ORDER_RELAXED) return;
    simple(EV_FENCE, (struct access){.order = (uint8_t)order, .label = LABEL_FENCE, .pc = pc}, NONE,
           &added);
}

int op_choice(int n, enum label label, uint64_t pc) {
    bool added;
    spin_forget();
    struct event *e =
        simple(EV_CHOICE, (struct access){.label = (uint8_t)label, .pc = pc}, 0, &added);
    if (added) drive_value(run.g, position_of(e), n);
    return e->rf;
}

static int free_thread(void) {
    for (int t = 1; t < MAX_THREADS; t++)
        if (run.g->creator[t] == NONE) return t;
    return NONE;
}

int op_create(uint64_t pc) {
    spin_forget();
    run.threads[run.me].next_loc = NONE;
    run.threads[run.me].next_pc = pc;
    struct event *e = run_turn();
    if (!e) {
        int child = free_thread();
        if (child == NONE)
            fault_raise(FAULT_NOT_MODELLED, pc,
                        "not modelled: more than %d threads, main included, in one execution",
                        MAX_THREADS);
        struct access a = {.label = LABEL_CREATE, .pc = pc};
        struct event *made = new_event(EV_CREATE, &a, NONE);
        made->rf = (int16_t)child;
        int at = graph_append(run.g, made);
        event_set_clocks(run.g, at);
        run_added();
        e = &run.g->ev[at];
    }
    must_match(e, EV_CREATE, NONE);
    return e->rf;
}

void op_end(void) {
    bool added;
    simple(EV_END, (struct access){.label = LABEL_END}, NONE, &added);
}

const struct event *op_join(int (*ready)(void), uintptr_t argument, int label, uint64_t pc) {
    spin_forget();
    run.threads[run.me].next_loc = NONE;
    run.threads[run.me].next_pc = pc;
    struct event *e = run_turn();
    if (!e) {
        int source = run_wait(ready, argument, label, pc);
        struct access a = {.label = (uint8_t)label, .pc = pc};
        struct event *made = new_event(EV_JOIN, &a, NONE);
        made->rf = (int16_t)source;
        if (event_writes(&run.g->ev[source])) made->loc = run.g->ev[source].loc;
        if (label == LABEL_FUTEX_WOKEN || label == LABEL_COND_WOKEN)
            made->hidden = HIDDEN_UNORDERED;
        int at = graph_append(run.g, made);
        event_set_clocks(run.g, at);
        run_added();
        e = &run.g->ev[at];
    }
    must_match(e, EV_JOIN, e->loc);
    return e;
}

const char *label_name(enum label label) {
    static const char *const names[] = {
        [LABEL_ATOMIC] = "atomic",
        [LABEL_PLAIN_STORE] = "plain store",
        [LABEL_FENCE] = "fence",
        [LABEL_CREATE] = "create a thread",
        [LABEL_JOIN] = "join",
        [LABEL_END] = "end",
        [LABEL_SPIN] = "spin",
        [LABEL_MUTEX_LOCK] = "lock a mutex",
        [LABEL_MUTEX_TRYLOCK] = "try to lock a mutex",
        [LABEL_MUTEX_UNLOCK] = "unlock a mutex",
        [LABEL_COND_WAIT] = "wait on a condition variable",
        [LABEL_COND_WOKEN] = "wait on a condition variable",
        [LABEL_COND_SIGNAL] = "signal a condition variable",
        [LABEL_COND_BROADCAST] = "broadcast a condition variable",
        [LABEL_SEM_WAIT] = "wait for a semaphore",
        [LABEL_SEM_TRYWAIT] = "try to take a semaphore",
        [LABEL_SEM_POST] = "post a semaphore",
        [LABEL_SEM_GET] = "read a semaphore",
        [LABEL_BARRIER_WAIT] = "arrive at a barrier",
        [LABEL_BARRIER_PASS] = "wait at a barrier",
        [LABEL_RWLOCK_RDLOCK] = "lock for reading",
        [LABEL_RWLOCK_WRLOCK] = "lock for writing",
        [LABEL_RWLOCK_UNLOCK] = "unlock a read-write lock",
        [LABEL_ONCE] = "call once",
        [LABEL_ONCE_DONE] = "finish a once call",
        [LABEL_SPIN_LOCK] = "lock a spin lock",
        [LABEL_SPIN_UNLOCK] = "unlock a spin lock",
        [LABEL_FUTEX_WAIT] = "futex wait",
        [LABEL_FUTEX_WOKEN] = "futex wait",
        [LABEL_FUTEX_WAKE] = "futex wake",
        [LABEL_FUTEX_LEAVE] = "leave a futex",
        [LABEL_CHOICE] = "choice",
        [LABEL_CLOCK] = "read the clock",
        [LABEL_INIT] = "initialise",
        [LABEL_DESTROY] = "destroy",
        [LABEL_SLEEP] = "sleep",
        [LABEL_ENDING] = "how a wait ends",
        [LABEL_WAITER] = "which waiter",
    };
    return names[label];
}
