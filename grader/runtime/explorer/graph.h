/* graph.h - the execution graph: events, reads-from, modification order.
 *
 * An event has a position, its index in `ev`: the order in which a run performs the events, which
 * is always a linear extension of (program order and reads-from). It also has a stamp, TruSt's
 * order of insertion, which a backward revisit does not change. The two differ only where a read
 * was revisited: it keeps its old stamp, and goes to the last position, behind the store that it
 * now reads.
 *
 * A read-modify-write is two events, as in RC11: its read and, if it succeeds, its write. Every
 * location has an implicit initial store, INIT, first in modification order and happens-before
 * everything.
 */
#ifndef HBX_GRAPH_H
#define HBX_GRAPH_H

#include <stddef.h>

#include "clock.h"

typedef unsigned __int128 value_t;

enum event_kind {
    EV_LOAD,   /* atomic load */
    EV_STORE,  /* atomic store, or a plain store to a location that is in use as an atomic */
    EV_RMW_R,  /* read of a read-modify-write */
    EV_RMW_W,  /* its write */
    EV_FENCE,  /* atomic_thread_fence */
    EV_CREATE, /* pthread_create; rf is the new thread's number */
    EV_END,    /* the thread's last event */
    EV_JOIN,   /* waits for one event that nothing else can take the place of: rf is that event; if
                  that is a write, loc is its location */
    EV_CHOICE, /* a choice that is not the memory's (spurious wakeup, which waiter); rf: taken */
};

enum order {
    ORDER_PLAIN,
    ORDER_RELAXED,
    ORDER_ACQUIRE,
    ORDER_RELEASE,
    ORDER_ACQ_REL,
    ORDER_SEQ_CST
};

enum rmw_op {
    RMW_EXCHANGE,
    RMW_ADD,
    RMW_SUB,
    RMW_AND,
    RMW_OR,
    RMW_XOR,
    RMW_NAND,
    RMW_CAS,  /* writes the operand if the value read equals `expected` */
    RMW_OPEN, /* the write's value is given later, after other events of the thread */
};

/* When a read lets its thread go on. A read whose guard the store it reads does not satisfy stops
 * its thread, until a later store revisits it. */
enum guard {
    GUARD_NONE,
    GUARD_EQ,    /* value == guard_arg */
    GUARD_NE,    /* value != guard_arg */
    GUARD_CLEAR, /* (value & guard_arg) == 0 */
    GUARD_SET,   /* (value & guard_arg) != 0 */
    GUARD_LT,    /* value < guard_arg */
};

/* Of an event that is no access to memory. What the kernel does inside (futexes) and the wakeup of a
 * condition variable order nothing for the program. */
enum { HIDDEN = 1, HIDDEN_UNORDERED = 2 };

enum { INIT = -1, NONE = -3 };

struct event {
    uint8_t kind, order, tid, guard;
    uint8_t op, size, hidden, label; /* hidden: see below; label: enum label, for the trace */
    bool joined;                     /* nobody comes between the thread's event before it and it */
    bool settled;                    /* a load that takes the oldest store it may, and no other */
    uint8_t ok_order, fail_order;    /* RMW_R: its order when it succeeds, and when not */
    int16_t idx;                     /* position in its thread */
    int16_t loc;                     /* NONE for fences and thread events */
    int16_t rf;                      /* see enum event_kind; RMW_W: what its read reads */
    int16_t po_prev;
    int16_t loc_prev;         /* event inserted before it at the same location */
    int16_t mo_prev, mo_next; /* writes; INIT and NONE at the ends */
    int16_t mo_pos;           /* rank among the stores of its location, from 0; NONE: not placed */
    int16_t rel_fence;        /* last release fence of its thread up to it, or NONE */
    int16_t woken;            /* last wakeup of its thread by a futex wake up to it, or NONE */
    int32_t stamp;
    uint64_t guard_arg;
    uint64_t pc;
    uint64_t time; /* virtual nanoseconds */
    value_t rval, wval, operand, expected;
    /* From here on: set by event_set_clocks, and not copied by graph_append. */
    struct clock hb;   /* happens-before prefix, itself included */
    struct clock porf; /* (po ∪ rf)+ prefix, itself included */
    struct clock rel;  /* writes: what a reader that acquires learns */
    struct clock own;  /* writes: the part of rel that later stores of this thread here keep */
};

struct graph {
    int n;
    int n_locs; /* locations ever used in this graph are below this */
    int n_sc;   /* seq_cst events */
    int32_t next_stamp;
    int16_t last[MAX_THREADS];    /* last event of each thread, or NONE */
    int16_t creator[MAX_THREADS]; /* its EV_CREATE, or NONE */
    int16_t len[MAX_THREADS];
    int16_t mo_first[MAX_LOCATIONS], mo_last[MAX_LOCATIONS], loc_last[MAX_LOCATIONS];
    struct event ev[MAX_EVENTS];
};

static inline bool event_reads(const struct event *e) {
    return e->kind == EV_LOAD || e->kind == EV_RMW_R;
}
static inline bool event_writes(const struct event *e) {
    return e->kind == EV_STORE || e->kind == EV_RMW_W;
}
/* Its place in modification order is that of its rf: a read, or a wakeup by a write. */
static inline bool event_sees(const struct event *e) {
    return event_reads(e) || (e->kind == EV_JOIN && e->loc >= 0);
}
static inline bool order_acquires(int order) {
    return order == ORDER_ACQUIRE || order >= ORDER_ACQ_REL;
}
static inline bool order_releases(int order) { return order >= ORDER_RELEASE; }
static inline bool event_is_sc(const struct event *e) {
    return e->order == ORDER_SEQ_CST && !e->hidden;
}

/* a is in the porf prefix of b, or is b. */
static inline bool porf_before(const struct event *a, const struct event *b) {
    return a->idx < b->porf.at[a->tid];
}
static inline bool hb_before(const struct event *a, const struct event *b) {
    return a->idx < b->hb.at[a->tid];
}

void graph_clear(struct graph *g);

/* Make the location known to the graph, with no store but INIT. */
void graph_use_location(struct graph *g, int loc);

/* The bytes of an event in front of its values, and in front of its clocks. */
enum { EVENT_SCALARS = offsetof(struct event, rval), EVENT_HEAD = offsetof(struct event, hb) };

/* Append `e` (kind, tid, loc and what the kind needs are set; links and clocks are not), which may
 * have been built in place, at g->ev[g->n]. Returns its position. A write has no place in
 * modification order until graph_mo_insert. */
int graph_append(struct graph *g, const struct event *e);

/* Put the write after `prev` (a store of the location, or INIT) in modification order. */
void graph_mo_insert(struct graph *g, int write, int prev);
void graph_mo_remove(struct graph *g, int write);

/* Drop every event after position `at`. */
void graph_cut(struct graph *g, int at);

/* to := the events of `from` that `keep` marks, in their order, but `revisited` last. Stamps,
 * values and clocks stay. map[position in from] is the position in to. */
void graph_restrict(struct graph *to, const struct graph *from, const bool *keep, int revisited,
                    int16_t *map);

/* The value of a store of `loc`, INIT included. */
value_t graph_value(const struct graph *g, int loc, int store);
/* The store's modification-order successor, or NONE. */
static inline int graph_mo_next(const struct graph *g, int loc, int store) {
    if (store != INIT) return g->ev[store].mo_next;
    return g->mo_first[loc] == INIT ? NONE : g->mo_first[loc];
}
static inline int graph_mo_pos(const struct graph *g, int store) {
    return store == INIT ? -1 : g->ev[store].mo_pos;
}
/* Another successful read-modify-write reads from this store. */
bool graph_rmw_reads(const struct graph *g, int loc, int store);

/* Let a read take this store: its value follows, and for an RMW its order. Not its clocks. */
void graph_set_rf(const struct graph *g, struct event *read, int store);

static inline bool guard_holds(const struct event *read, value_t value) {
    uint64_t v = (uint64_t)value;
    switch ((enum guard)read->guard) {
    case GUARD_NONE: return true;
    case GUARD_EQ: return v == read->guard_arg;
    case GUARD_NE: return v != read->guard_arg;
    case GUARD_CLEAR: return (v & read->guard_arg) == 0;
    case GUARD_SET: return (v & read->guard_arg) != 0;
    case GUARD_LT: return v < read->guard_arg;
    }
    return true;
}
/* The bits of a value of `size` bytes. */
static inline value_t value_mask(int size) {
    return size >= 16 ? ~(value_t)0 : ((value_t)1 << (8 * size)) - 1;
}
static inline bool rmw_succeeds(const struct event *r) {
    if (!guard_holds(r, r->rval)) return false;
    return r->op != RMW_CAS || ((r->rval ^ r->expected) & value_mask(r->size)) == 0;
}
value_t rmw_result(const struct event *read);

#endif
