/* trace.c - one execution told step by step. */
#include "trace.h"

#include <string.h>

#include "drive.h"
#include "fault.h"
#include "location.h"
#include "memory.h"
#include "run.h"
#include "script.h"
#include "search.h"
#include "work.h"

struct step steps[MAX_STEPS];
int n_steps;
bool recording;

static struct script script;
static int open_write[MAX_THREADS]; /* the thread's plain write whose value is not yet there, + 1 */

struct stack trace_stack(int tid, uint64_t pc) {
    const struct thread *t = &run.threads[tid];
    struct stack s = {0};
    if (pc) s.pc[s.n++] = (uint32_t)pc;
    int depth = t->depth < MAX_CALLS ? t->depth : MAX_CALLS;
    for (int i = depth - 1; i >= 0 && s.n < TRACE_DEPTH; i--)
        if (t->calls[i]) s.pc[s.n++] = t->calls[i];
    return s;
}

/* Only what surely is there: the access that is recorded may be the one that crashes. */
static bool look(struct step *s) {
    uint32_t size = s->size < 8 ? s->size : 8;
    int owner = slot_owner(s->address);
    bool there = (s->address >= segment_low && s->address + size <= segment_high) ||
                 (owner >= 0 && s->address + size <= heap_low(owner) + HEAP_BYTES) ||
                 (owner >= 0 && in_stack(s->address, owner));
    if (there) memcpy(&s->value, (const void *)s->address, size);
    return there;
}

/* A plain write is announced before it happens: its value is there at the thread's next step. */
static void close_write(int tid) {
    if (!open_write[tid]) return;
    struct step *s = &steps[open_write[tid] - 1];
    s->value_known = look(s);
    open_write[tid] = 0;
}

/* A write that is itself the fault, or that crashed, has not happened: its value stays unknown. */
static void close_last_write(int tid) {
    if (!open_write[tid]) return;
    const struct step *s = &steps[open_write[tid] - 1];
    bool ended = run.end == RUN_FAULT && fault.tid == tid;
    if (ended && (s->stack.pc[0] == fault.pc || fault.kind == FAULT_CRASH)) return;
    close_write(tid);
}

static struct step *new_step(uint64_t pc) {
    close_write(run.me);
    if (n_steps == MAX_STEPS) return NULL;
    struct step *s = &steps[n_steps++];
    *s = (struct step){.tid = (uint8_t)run.me, .second = -1};
    s->stack = trace_stack(run.me, pc);
    return s;
}

/* A store behind the one that is read, in modification order, has been performed already. */
static bool is_stale(const struct event *e) {
    if (!event_reads(e)) return false;
    int newer = graph_mo_next(run.g, e->loc, e->rf);
    return newer >= 0 && newer < e - run.g->ev;
}

void trace_event(int at) {
    const struct event *e = &run.g->ev[at];
    if (e->kind == EV_RMW_W && n_steps > 0 && steps[n_steps - 1].event == e->po_prev &&
        !steps[n_steps - 1].plain) {
        steps[n_steps - 1].second = (int16_t)at;
        return;
    }
    struct step *s = new_step(e->pc);
    if (!s) return;
    s->event = (int16_t)at;
    s->stale = is_stale(e);
}

static struct step *new_plain_step(const void *address, size_t size, uint64_t pc) {
    struct step *s = new_step(pc);
    if (!s) return NULL;
    s->plain = true;
    s->event = run.threads[run.me].last;
    s->address = (uintptr_t)address;
    s->size = (uint32_t)size;
    return s;
}

void trace_plain(const void *address, size_t size, bool write, uint64_t pc) {
    if (in_stack((uintptr_t)address, run.me)) {
        close_write(run.me);
        return;
    }
    struct step *s = new_plain_step(address, size, pc);
    if (!s) return;
    s->write = write;
    if (write) {
        open_write[run.me] = n_steps;
    } else {
        s->value_known = look(s);
    }
}

void trace_free(const void *block, size_t size, uint64_t pc) {
    struct step *s = new_plain_step(block, size, pc);
    if (s) s->freed = true;
}

/* Whoever does not end within so many events of its own goes on for ever. */
enum { ALONE_AT_MOST = 200 };

void trace_begin(void) {
    n_steps = 0;
    memset(open_write, 0, sizeof open_write);
    recording = true;
}

/* Plain accesses to memory that threads share, and to what the fault is about, tell the story; all
 * others are a thread's own business. What main does before it has made a thread is set-up. Of the
 * blocks that were freed, only the one that the fault is about counts. */
static bool is_shared(const struct step *s) {
    uintptr_t word = s->address & ~(uintptr_t)7;
    if (s->freed) return fault.address - s->address < (s->size ? s->size : 1);
    if (fault.address && word == (fault.address & ~(uintptr_t)7)) return true;
    bool set_up = true;
    for (int i = 0; i < n_steps; i++) {
        const struct step *other = &steps[i];
        if (!other->plain && run.g->ev[other->event].kind == EV_CREATE) set_up = false;
        if (other->freed || other->tid == s->tid || (set_up && other->tid == 0)) continue;
        uintptr_t at = other->address;
        if (!other->plain && run.g->ev[other->event].loc >= 0)
            at = locations[run.g->ev[other->event].loc].address;
        if ((at & ~(uintptr_t)7) == word) return true;
    }
    return false;
}

static void keep_the_shared(void) {
    bool keep[MAX_STEPS];
    int n = 0;
    for (int i = 0; i < n_steps; i++) keep[i] = !steps[i].plain || is_shared(&steps[i]);
    for (int i = 0; i < n_steps; i++)
        if (keep[i]) steps[n++] = steps[i];
    n_steps = n;
}

static void record(void) {
    trace_begin();
    script_drive(&script);
    uint64_t most = (uint64_t)script.n + ALONE_AT_MOST;
    if (run.suspends && options.max_events > most) options.max_events = most;
    struct graph *g = work_spare_graph();
    graph_clear(g);
    search_account(run_once(g));
    if (run.suspends && run.end == RUN_LIMIT) {
        int tid = run.g->ev[run.g->n - 1].tid;
        totals.bound = NULL;
        fault_note(FAULT_PROGRESS, tid, run.threads[tid].next_pc,
                   "blocking: with all other threads suspended, thread %d goes on for ever", tid);
    }
    for (int t = 0; t < MAX_THREADS; t++) close_last_write(t);
    keep_the_shared();
    recording = false;
    driver = NULL;
    run.suspends = false;
}

/* --- which execution to tell ------------------------------------------------------------------- */

static struct script best;
static struct fault best_fault;
static int best_cost;

static void write_script(struct script *s) {
    bool told_alone = fault.kind == FAULT_PROGRESS && run.end != RUN_FAULT;
    bool at_step = fault.tid >= 0 && run.end == RUN_FAULT;
    if (told_alone)
        script_of_thread(s, run.g, fault.tid);
    else
        script_of_graph(s, run.g, at_step ? fault.tid : NONE);
}

/* Changes of thread tire a reader most, then stale reads, then length. */
static int cost_of(const struct script *s) {
    int stale = 0;
    for (int i = 0; i < s->n; i++) stale += s->choice[i] != 0;
    return 10000 * script_switches(s) + 2000 * stale + s->n;
}

void trace_consider(void) {
    write_script(&script);
    int cost = cost_of(&script);
    if (best_fault.kind != FAULT_NONE && (fault.kind != best_fault.kind || cost >= best_cost))
        return;
    best = script;
    best_fault = fault;
    best_cost = cost;
}

bool trace_fault(void) {
    struct totals counted = totals;
    if (best_fault.kind == FAULT_NONE) trace_consider();
    script = best;
    fault = (struct fault){0};
    record();
    bool again = fault.kind == best_fault.kind;
    if (!again || best.alone) fault = best_fault;
    totals = counted;
    return again;
}

const char *trace_token(void) { return script_token(&script); }

const char *trace_token_now(void) {
    write_script(&script);
    return script_token(&script);
}

bool trace_replay(const char *token, const char **why) {
    if (!script_parse(&script, token, why)) return false;
    record();
    return true;
}
