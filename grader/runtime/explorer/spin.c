/* spin.c - loops that wait: an iteration that changes nothing is not explored twice.
 *
 * The runtime is compiled so that it never uses rbx and r12 to r15 (-ffixed-rbx ...): inside it they
 * still hold what the program left there.
 */
#include "spin.h"

#include <string.h>

#include "memory.h"
#include "ops.h"
#include "run.h"

enum { KEPT = 16 };

/* Everything that decides how the thread goes on, but memory. */
struct point {
    uint64_t pc, state; /* a hash of its registers and its stack */
    int16_t loc, event;
};

static struct iteration {
    struct point points[KEPT];
    int n;    /* points are a ring: the last KEPT of n */
    int from; /* where the iteration began that spin_check has found */
} iterations[MAX_THREADS];

/* Loads of the running thread since it last changed something, by program point. */
enum { LOOK_POINTS = 4 };
static struct looks {
    uint64_t pc[LOOK_POINTS];
    uint32_t hint[LOOK_POINTS]; /* number of the last hint before the last look there */
    int looks[LOOK_POINTS], n;
    uint32_t hints;
} looks[MAX_THREADS];

void spin_hint(void) { looks[run.me].hints++; }

bool spin_look(uint64_t pc) {
    struct looks *l = &looks[run.me];
    int at = 0;
    if (!l->hints) return false;
    while (at < l->n && l->pc[at] != pc) at++;
    if (at == LOOK_POINTS) return false;
    bool again = at < l->n && l->hint[at] != l->hints;
    if (at == l->n) l->n++;
    l->pc[at] = pc;
    l->hint[at] = l->hints;
    l->looks[at] = again ? l->looks[at] + 1 : 0;
    return options.looks && l->looks[at] > options.looks;
}

void spin_forget(void) { iterations[run.me].n = looks[run.me].n = 0; }

void spin_forget_all(void) {
    for (int t = 0; t < MAX_THREADS; t++) iterations[t].n = looks[t].n = 0, looks[t].hints = 0;
}

static inline uint64_t mix(uint64_t h, uint64_t v) {
    h = (h ^ v) * 0x9E3779B97F4A7C15u;
    return h ^ (h >> 29);
}

/* The program's frame: the one whose callee returns to `pc`. */
static const uint64_t *frame_of_program(uint64_t pc) {
    const uint64_t *frame = __builtin_frame_address(0);
    for (int depth = 0; depth < 16; depth++) {
        if (frame[1] == pc) return frame;
        if (!in_stack(frame[0], run.me)) return NULL;
        frame = (const uint64_t *)frame[0];
    }
    return NULL;
}

static bool point_here(int loc, uint64_t pc, struct point *here) {
    uint64_t rbx, r12, r13, r14, r15;
    __asm__ volatile("movq %%rbx, %0\n\tmovq %%r12, %1\n\tmovq %%r13, %2\n\tmovq %%r14, %3\n\t"
                     "movq %%r15, %4"
                     : "=r"(rbx), "=r"(r12), "=r"(r13), "=r"(r14), "=r"(r15));
    const uint64_t *frame = frame_of_program(pc);
    if (!frame) return false;
    here->pc = pc;
    here->loc = (int16_t)loc;
    uint64_t first = mix(mix(1, rbx), r15), second = mix(mix(2, r12), frame[0]);
    uint64_t third = mix(mix(3, r13), (uint64_t)frame), fourth = mix(4, r14);
    const uint64_t *at = frame + 2, *high = (const uint64_t *)stack_high(run.me);
    /* Four side by side: one alone would wait for its own multiplications. */
    for (; at + 4 <= high; at += 4) {
        first = mix(first, at[0]);
        second = mix(second, at[1]);
        third = mix(third, at[2]);
        fourth = mix(fourth, at[3]);
    }
    for (; at < high; at++) first = mix(first, *at);
    here->state = mix(mix(mix(first, second), third), fourth);
    return true;
}

static bool same(const struct point *a, const struct point *b) {
    return a->pc == b->pc && a->state == b->state && a->loc == b->loc;
}

/* Could all reads of the iteration have been made at one moment? Not if the thread has come to know of
 * a store that is newer than one of those it read. Then it does not wait: others have gone on. */
static bool at_one_moment(const struct iteration *it) {
    const struct event *last = &run.g->ev[run.threads[run.me].last];
    for (int i = it->from; i < it->n; i++) {
        int event = it->points[i % KEPT].event;
        if (event == NONE) continue;
        const struct event *read = &run.g->ev[event];
        for (int w = graph_mo_next(run.g, read->loc, read->rf); w >= 0; w = run.g->ev[w].mo_next)
            if ((run.g->ev[w].kind != EV_RMW_W || run.g->ev[w].wval != read->rval) &&
                porf_before(&run.g->ev[w], last))
                return false;
    }
    return true;
}

bool spin_check(int loc, uint64_t pc) {
    struct iteration *it = &iterations[run.me];
    struct point here;
    if (!point_here(loc, pc, &here)) {
        it->n = 0;
        return false;
    }
    int low = it->n > KEPT ? it->n - KEPT : 0, visits = 0;
    for (int i = it->n - 1; i >= low; i--) {
        if (!same(&it->points[i % KEPT], &here)) continue;
        if (visits++ == 0) it->from = i;
        if (visits == options.rounds) {
            if (options.mode != PROGRESS || at_one_moment(it)) return true;
            break;
        }
    }
    here.event = NONE;
    it->points[it->n++ % KEPT] = here;
    return false;
}

void spin_read(int event) {
    struct iteration *it = &iterations[run.me];
    if (it->n) it->points[(it->n - 1) % KEPT].event = (int16_t)event;
}

/* Stores that only say again what is there already are no news: a failed test-and-set. */
static int newer(const struct graph *g, const struct event *read) {
    value_t value = read->rval;
    for (int w = graph_mo_next(g, read->loc, read->rf); w >= 0; w = g->ev[w].mo_next)
        if (g->ev[w].kind != EV_RMW_W || g->ev[w].wval != value) return w;
    return NONE;
}

int spin_news(int tid) {
    const struct iteration *it = &iterations[tid];
    for (int i = it->from; i < it->n; i++) {
        int event = it->points[i % KEPT].event;
        int store = event == NONE ? NONE : newer(run.g, &run.g->ev[event]);
        if (store != NONE) return store;
    }
    return NONE;
}
