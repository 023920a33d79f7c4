/* script.c - one execution, written down. */
#include "script.h"

#include <stdlib.h>
#include <string.h>

#include "drive.h"
#include "run.h"

/* --- an order with few changes of thread ------------------------------------------------------ */

/* How far each thread has come. A thread always runs as far as it can: stopping earlier never saves
 * a change. So a breadth-first search over the points where threads change finds the fewest. */
struct front {
    int16_t done[MAX_THREADS];
    int16_t from; /* the front before it, or NONE */
    int8_t tid;   /* who ran to here */
};

enum { MAX_FRONTS = 1 << 16, BUCKETS = 1 << 17 };

static struct front fronts[MAX_FRONTS];
static int32_t buckets[BUCKETS];
static int n_fronts;

static int16_t first_of[MAX_THREADS], next_in_thread[MAX_EVENTS];
static int16_t length_of[MAX_THREADS];
static int16_t final_event; /* comes last, or NONE */

/* A read that keeps its thread waiting is no step: the thread stops in front of it. */
static bool is_step(const struct event *e) { return !event_reads(e) || guard_holds(e, e->rval); }

static const struct clock *prefix; /* only these events are told; NULL: all */

static void collect_threads(const struct graph *g, int fault_tid) {
    int16_t last[MAX_THREADS];
    for (int t = 0; t < MAX_THREADS; t++) first_of[t] = last[t] = NONE, length_of[t] = 0;
    for (int at = 0; at < g->n; at++) {
        const struct event *e = &g->ev[at];
        if (!is_step(e) || (prefix && e->idx >= prefix->at[e->tid])) continue;
        next_in_thread[at] = NONE;
        if (last[e->tid] == NONE)
            first_of[e->tid] = (int16_t)at;
        else
            next_in_thread[last[e->tid]] = (int16_t)at;
        last[e->tid] = (int16_t)at;
        length_of[e->tid]++;
    }
    final_event = NONE;
    if (fault_tid >= 0 && last[fault_tid] >= 0 && last[fault_tid] == g->n - 1)
        final_event = last[fault_tid];
}

static int event_after(int tid, int done) {
    int at = first_of[tid];
    while (done-- > 0) at = next_in_thread[at];
    return at;
}

/* A story is easiest to follow if each read sees the newest store, as on a machine without any
 * buffers: first such an order is tried (it keeps modification order and reads-before, too), and only
 * if there is none, because the bug needs a weak machine, one that shows stale reads. */
static bool strict;

static bool done(const struct front *f, const struct event *e) { return e->idx < f->done[e->tid]; }

static int rank(const struct graph *g, const struct event *e) {
    return event_sees(e) ? graph_mo_pos(g, e->rf) : e->mo_pos;
}

/* Everything that modification order and reads-before put in front of this write has been done. */
static bool write_is_next(const struct graph *g, const struct front *f, const struct event *w) {
    for (int at = g->loc_last[w->loc]; at >= 0; at = g->ev[at].loc_prev) {
        const struct event *e = &g->ev[at];
        if (e->tid != w->tid && is_step(e) && e->idx < length_of[e->tid] &&
            rank(g, e) < w->mo_pos && !done(f, e))
            return false;
    }
    return true;
}

static bool may_come(const struct graph *g, const struct front *f, int at) {
    const struct event *e = &g->ev[at];
    for (int t = 0; t < MAX_THREADS; t++) {
        if (t != e->tid && e->porf.at[t] > f->done[t]) return false;
        if (at == final_event && t != e->tid && f->done[t] < length_of[t]) return false;
    }
    return !strict || !event_writes(e) || write_is_next(g, f, e);
}

static uint32_t bucket_of(const struct front *f) {
    uint64_t h = (uint64_t)f->tid + 1;
    for (int t = 0; t < MAX_THREADS; t++)
        h = (h ^ (uint64_t)(f->done[t] + 1)) * 0x9E3779B97F4A7C15u;
    return (uint32_t)(h >> 32) % BUCKETS;
}

static bool is_new(const struct front *f) {
    for (uint32_t b = bucket_of(f);; b = (b + 1) % BUCKETS) {
        if (buckets[b] == 0) {
            buckets[b] = n_fronts + 1;
            return true;
        }
        const struct front *seen = &fronts[buckets[b] - 1];
        if (seen->tid == f->tid && memcmp(seen->done, f->done, sizeof f->done) == 0) return false;
    }
}

/* The event and those that are joined to it; false, and nothing done, if one of them may not come. */
static bool run_block(const struct graph *g, struct front *f, int tid, int *at) {
    int before = f->done[tid], next = *at;
    do {
        if (!may_come(g, f, next)) {
            f->done[tid] = (int16_t)before;
            return false;
        }
        f->done[tid]++;
        next = next_in_thread[next];
    } while (next >= 0 && g->ev[next].joined);
    *at = next;
    return true;
}

static bool run_far(const struct graph *g, struct front *f, int tid) {
    int at = event_after(tid, f->done[tid]);
    int before = f->done[tid];
    while (at >= 0 && run_block(g, f, tid, &at)) continue;
    f->tid = (int8_t)tid;
    return f->done[tid] > before;
}

static bool complete(const struct front *f) {
    for (int t = 0; t < MAX_THREADS; t++)
        if (f->done[t] < length_of[t]) return false;
    return true;
}

/* The last front of a shortest way, or NONE: there are too many fronts. */
static int search_fronts(const struct graph *g) {
    memset(buckets, 0, sizeof buckets);
    fronts[0] = (struct front){.from = NONE, .tid = NONE};
    n_fronts = 1;
    for (int at = 0; at < n_fronts; at++) {
        if (complete(&fronts[at])) return at;
        for (int t = 0; t < MAX_THREADS; t++) {
            if (t == fronts[at].tid) continue;
            struct front f = fronts[at];
            f.from = (int16_t)at;
            if (!run_far(g, &f, t) || !is_new(&f)) continue;
            if (n_fronts == 32000) return NONE;
            fronts[n_fronts++] = f;
        }
    }
    return NONE;
}

/* --- from graph to script --------------------------------------------------------------------- */

static uint8_t passed_over(const struct graph *g, const struct event *e, const bool *there) {
    if (e->kind == EV_CHOICE) return (uint8_t)e->rf;
    if (!event_reads(e) && e->kind != EV_STORE) return 0;
    int passed = 0, store = event_reads(e) ? e->rf : e->mo_prev;
    for (int w = graph_mo_next(g, e->loc, store); w >= 0; w = g->ev[w].mo_next)
        if (there[w]) passed++;
    return (uint8_t)passed;
}

static void add_step(struct script *s, const struct graph *g, int at, bool *there) {
    const struct event *e = &g->ev[at];
    s->tid[s->n] = e->tid;
    s->choice[s->n++] = passed_over(g, e, there);
    there[at] = true;
}

static void add_along(struct script *s, const struct graph *g, int front, bool *there) {
    static int way[MAX_EVENTS];
    int n = 0;
    for (; fronts[front].from != NONE; front = fronts[front].from) way[n++] = front;
    while (n-- > 0) {
        const struct front *to = &fronts[way[n]], *from = &fronts[to->from];
        int at = event_after(to->tid, from->done[to->tid]);
        for (int k = from->done[to->tid]; k < to->done[to->tid]; k++, at = next_in_thread[at])
            add_step(s, g, at, there);
    }
}

void script_of_graph(struct script *s, const struct graph *g, int fault_tid) {
    static bool there[MAX_EVENTS];
    memset(there, 0, sizeof there);
    s->n = 0;
    s->last_thread = fault_tid;
    s->alone = false;
    collect_threads(g, fault_tid);
    strict = true;
    int front = search_fronts(g);
    if (front == NONE) {
        strict = false;
        front = search_fronts(g);
    }
    if (front != NONE) {
        add_along(s, g, front, there);
        return;
    }
    for (int at = 0; at < g->n; at++)
        if (is_step(&g->ev[at]) && g->ev[at].idx < length_of[g->ev[at].tid])
            add_step(s, g, at, there);
}

void script_of_thread(struct script *s, const struct graph *g, int tid) {
    prefix = g->last[tid] >= 0 ? &g->ev[g->last[tid]].porf : NULL;
    script_of_graph(s, g, tid);
    prefix = NULL;
    s->alone = true;
}

int script_switches(const struct script *s) {
    int switches = 0;
    for (int i = 1; i < s->n; i++) switches += s->tid[i] != s->tid[i - 1];
    return switches;
}

/* --- tokens ----------------------------------------------------------------------------------- */

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
static const char head[] = "HB1";

enum { MAX_BYTES = 2 * MAX_EVENTS + 16, EXPLICIT = 16, LIFO = 4, ALONE = 8 };

/* Two bytes behind the others tell a damaged token from a whole one.
 * Source: John G. Fletcher, "An Arithmetic Checksum for Serial Transmissions", IEEE Transactions on
 * Communications 30(1), 1982. */
static unsigned checksum(const uint8_t *bytes, int n) {
    unsigned sum = 1, sums = 0;
    for (int i = 0; i < n; i++) {
        sum = (sum + bytes[i]) % 255;
        sums = (sums + sum) % 255;
    }
    return sums << 8 | sum;
}

static int pack(const struct script *s, uint8_t *bytes) {
    int n = 0;
    bytes[n++] = (uint8_t)(options.model | (options.lifo_heap ? LIFO : 0) | (s->alone ? ALONE : 0));
    bytes[n++] = (uint8_t)(s->last_thread + 3);
    for (int i = 0; i < s->n; i++) {
        bytes[n++] = (uint8_t)(s->tid[i] | (s->choice[i] ? EXPLICIT : 0));
        if (s->choice[i]) bytes[n++] = s->choice[i];
    }
    unsigned sum = checksum(bytes, n);
    bytes[n++] = (uint8_t)(sum >> 8);
    bytes[n++] = (uint8_t)sum;
    return n;
}

const char *script_token(const struct script *s) {
    static uint8_t bytes[MAX_BYTES];
    static char token[MAX_BYTES * 4 / 3 + 16];
    int n = pack(s, bytes), length = (int)strlen(head);
    strcpy(token, head);
    for (int i = 0; i < n; i += 3) {
        uint32_t three = (uint32_t)bytes[i] << 16;
        if (i + 1 < n) three |= (uint32_t)bytes[i + 1] << 8;
        if (i + 2 < n) three |= bytes[i + 2];
        int letters = i + 2 < n ? 4 : i + 1 < n ? 3 : 2;
        for (int k = 0; k < letters; k++) token[length++] = digits[three >> (18 - 6 * k) & 63];
    }
    token[length] = 0;
    return token;
}

static int unpack_letters(const char *text, uint8_t *bytes) {
    uint32_t bits = 0;
    int n_bits = 0, n = 0;
    for (; *text; text++) {
        const char *digit = strchr(digits, *text);
        if (!digit || n == MAX_BYTES) return NONE;
        bits = bits << 6 | (uint32_t)(digit - digits);
        n_bits += 6;
        if (n_bits >= 8) {
            n_bits -= 8;
            bytes[n++] = (uint8_t)(bits >> n_bits);
        }
    }
    return n_bits >= 6 || bits & ((1u << n_bits) - 1) ? NONE : n;
}

bool script_parse(struct script *s, const char *token, const char **why) {
    static uint8_t bytes[MAX_BYTES];
    *why = "a token begins with HB1 and has letters, digits, '-' and '_' only";
    if (strncmp(token, head, strlen(head)) != 0) return false;
    int n = unpack_letters(token + strlen(head), bytes);
    if (n == NONE) return false;
    *why = "the token is cut off, or damaged";
    n -= 2;
    if (n < 2 || checksum(bytes, n) != (unsigned)(bytes[n] << 8 | bytes[n + 1])) return false;
    if ((bytes[0] & 3) > MODEL_TSO || bytes[1] >= MAX_THREADS + 3) return false;
    options.model = (enum memory_model)(bytes[0] & 3);
    options.lifo_heap = bytes[0] & LIFO;
    s->alone = bytes[0] & ALONE;
    s->last_thread = bytes[1] - 3;
    s->n = 0;
    for (int i = 2; i < n; s->n++) {
        if (s->n == MAX_EVENTS || bytes[i] >= 2 * EXPLICIT) return false;
        s->tid[s->n] = bytes[i] & (EXPLICIT - 1);
        bool explicit = bytes[i++] & EXPLICIT;
        if (explicit && i == n) return false;
        s->choice[s->n] = explicit ? bytes[i++] : 0;
    }
    return true;
}

/* --- running along it ------------------------------------------------------------------------- */

static const struct script *along;

/* The event that is being added stands last in the graph; before it is there, it will be number n. */
static int script_thread(const int *able, int n) {
    int next = run.g->n < along->n ? along->tid[run.g->n] : along->last_thread;
    for (int i = 0; i < n; i++)
        if (able[i] == next) return next;
    return along->alone && run.g->n >= along->n ? NONE : able[0];
}

static int choose_store(const int16_t *stores, int n, int loc, int at) {
    int passed = at < along->n ? along->choice[at] : 0, store = run.g->mo_last[loc];
    while (passed-- > 0 && store >= 0) store = run.g->ev[store].mo_prev;
    for (int i = 0; i < n; i++)
        if (stores[i] == store) return i;
    return 0;
}

static int script_store(const struct event *read, const int16_t *stores, int n) {
    return choose_store(stores, n, read->loc, (int)(read - run.g->ev));
}

static int script_place(const struct event *write, const int16_t *stores, int n) {
    return choose_store(stores, n, write->loc, (int)(write - run.g->ev));
}

static int script_value(int n) {
    int at = run.g->n - 1, value = at < along->n ? along->choice[at] : 0;
    return value < n ? value : 0;
}

static const struct driver script_driver = {script_thread, script_store, script_place, script_value,
                                            NULL};

void script_drive(const struct script *s) {
    along = s;
    run.suspends = s->alone;
    driver = &script_driver;
}
