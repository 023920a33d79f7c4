/* linearize.c - is there an order of the operations that the specification allows?
 *
 * Depth first: of the operations that nothing outstanding precedes, do one, go on, take it back. A
 * configuration is the set of operations done and the state; one that has been left before without
 * success is not entered again (Lowe, 2017: exponential becomes linear on most histories).
 * The search keeps its own stack, one frame for each operation done.
 *
 * By key. An object made of independent ones is linearizable if each of them is (Herlihy and Wing,
 * 1990, theorem 1). Their proof compares moments in time: it needs the precedence to be an interval
 * order. For other partial orders the theorem is false: with a1 before b1, b2 before a2 and nothing
 * else, x may allow only a2 a1 and y only b1 b2; each is well, and together they are a cycle. This is
 * the shape of store buffering, which happens-before does admit. So keys are judged apart only if
 * the precedence is an interval order, and otherwise all together.
 */
#include <stdint.h>
#include <string.h>

#include "history.h"
#include "memo.h"
#include "panic.h"

struct frame {
    uint64_t untried; /* operations that may come next */
    uint64_t done;
    size_t bytes; /* of the state that count */
    int op;       /* the operation that led here */
    unsigned char state[HISTORY_STATE_BYTES] __attribute__((aligned(16)));
};

static struct {
    const struct history_spec *spec;
    int n;
    uint64_t returned; /* operations that must be placed; the others may be */
    struct history_op ops[HISTORY_MAX_OPS];
    uint64_t before[HISTORY_MAX_OPS];
    struct frame frames[HISTORY_MAX_OPS + 1];
} work;

static int lowest(uint64_t set) { return __builtin_ctzll(set); }

static uint64_t next_among(uint64_t operations, uint64_t done) {
    uint64_t next = 0;
    for (uint64_t rest = operations & ~done; rest; rest &= rest - 1)
        if (!(work.before[lowest(rest)] & operations & ~done)) next |= rest & -rest;
    return next;
}

static size_t used(const void *state) {
    return work.spec->used_bytes ? work.spec->used_bytes(state) : work.spec->state_bytes;
}

/* Do an operation on a copy of the top frame's state. */
static bool try_one(const struct frame *top, int op) {
    struct frame *next = (struct frame *)top + 1;
    memcpy(next->state, top->state, top->bytes);
    if (!work.spec->apply(next->state, &work.ops[op])) return false;
    next->op = op;
    next->done = top->done | 1ull << op;
    next->bytes = used(next->state);
    return history_memo_enter(next->done, next->state, next->bytes);
}

static void keep_prefix(struct history_verdict *verdict, const struct frame *top) {
    verdict->prefix_count = (int)(top - work.frames);
    for (int place = 0; place < verdict->prefix_count; place++)
        verdict->prefix[place] = (uint8_t)work.frames[place + 1].op;
    verdict->refused = top->untried & work.returned;
}

static struct frame *first_frame(uint64_t operations) {
    struct frame *first = work.frames;
    memset(first->state, 0, work.spec->state_bytes);
    work.spec->init(first->state, work.spec->parameter);
    first->done = 0;
    first->bytes = used(first->state);
    first->untried = next_among(operations, 0);
    return first;
}

/* Those that have returned are tried first: a pending one need not be placed at all. */
static int take_untried(struct frame *top) {
    uint64_t must = top->untried & work.returned;
    int op = lowest(must ? must : top->untried);
    top->untried &= ~(1ull << op);
    return op;
}

static enum history_answer search(uint64_t operations, struct history_verdict *verdict) {
    struct frame *top = first_frame(operations);
    uint64_t must = operations & work.returned;
    int placed = -1; /* returned operations in the longest prefix so far */
    history_memo_clear();
    for (;;) {
        int now = __builtin_popcountll(top->done & must);
        if (now > placed) placed = now, keep_prefix(verdict, top);
        if ((top->done & must) == must) return HISTORY_LINEARIZABLE;
        while (!top->untried)
            if (top-- == work.frames) return HISTORY_NOT_LINEARIZABLE;
        if (++verdict->steps > HISTORY_MAX_STEPS) return HISTORY_UNDECIDED;
        if (!try_one(top, take_untried(top))) continue;
        top++;
        top->untried = next_among(operations, top->done);
    }
}

/* --- by key -------------------------------------------------------------------------------------- */

/* In an interval order, and in no other, the sets of predecessors contain one another (Peter C.
 * Fishburn, "Intransitive indifference with unequal indifference intervals", J. Math. Psych. 7,
 * 1970). Compared by size: each must lie within the next larger one. */
static bool is_interval_order(void) {
    uint64_t of_size[HISTORY_MAX_OPS + 1], last = 0, sizes = 0;
    for (int op = 0; op < work.n; op++) {
        int size = __builtin_popcountll(work.before[op]);
        if (size == HISTORY_MAX_OPS) return false;
        if (sizes >> size & 1 && of_size[size] != work.before[op]) return false;
        if (work.before[op] >> op & 1) return false;
        of_size[size] = work.before[op];
        sizes |= 1ull << size;
    }
    for (; sizes; sizes &= sizes - 1) {
        if (last & ~of_size[lowest(sizes)]) return false;
        last = of_size[lowest(sizes)];
    }
    return true;
}

/* Read every operation's key; false if one has none, or all have the same. */
static bool read_keys(int64_t keys[]) {
    bool several = false;
    for (int op = 0; op < work.n; op++) {
        if (!work.spec->key(&work.ops[op], &keys[op])) return false;
        several |= keys[op] != keys[0];
    }
    return several;
}

static enum history_answer search_by_key(const int64_t keys[], struct history_verdict *verdict) {
    uint64_t rest = work.n == 64 ? ~0ull : (1ull << work.n) - 1;
    verdict->by_key = true;
    while (rest) {
        uint64_t same = 0;
        verdict->key = keys[lowest(rest)];
        for (uint64_t other = rest; other; other &= other - 1)
            if (keys[lowest(other)] == verdict->key) same |= other & -other;
        enum history_answer answer = search(same, verdict);
        if (answer != HISTORY_LINEARIZABLE) return answer;
        rest &= ~same;
    }
    verdict->by_key = false;
    verdict->prefix_count = 0;
    return HISTORY_LINEARIZABLE;
}

/* --- history.h ----------------------------------------------------------------------------------- */

static int code_of(const struct history_spec *spec, const char *name) {
    for (int code = 0; spec->operations[code]; code++)
        if (spec->operations[code] == name || !strcmp(spec->operations[code], name)) return code;
    return -1;
}

/* A pending operation precedes nothing, whatever the caller's matrix says. False: an operation that
 * the specification does not have. */
static bool load(const struct history_op *ops, int n, const struct history_precedence *precedence,
                 struct history_verdict *verdict) {
    work.n = n;
    work.returned = 0;
    for (int op = 0; op < n; op++) {
        work.ops[op] = ops[op];
        work.ops[op].code = code_of(work.spec, ops[op].name);
        if (work.ops[op].code < 0) return verdict->unknown = op, false;
        if (ops[op].returned) work.returned |= 1ull << op;
    }
    for (int op = 0; op < n; op++) work.before[op] = precedence->before[op] & work.returned;
    return true;
}

static enum history_answer judge(struct history_verdict *verdict) {
    int64_t keys[HISTORY_MAX_OPS];
    if (work.spec->key && read_keys(keys) && is_interval_order())
        return search_by_key(keys, verdict);
    return search(work.n == 64 ? ~0ull : (1ull << work.n) - 1, verdict);
}

bool history_linearizable(const struct history_op *ops, int n,
                          const struct history_precedence *precedence,
                          const struct history_spec *spec, struct history_verdict *verdict) {
    if (n < 0 || n > HISTORY_MAX_OPS) panic(__func__, "a history has at most 64 operations");
    if (spec->state_bytes > HISTORY_STATE_BYTES)
        panic(__func__, "a specification's state has at most HISTORY_STATE_BYTES bytes");
    work.spec = spec;
    verdict->unknown = -1;
    verdict->by_key = false;
    verdict->key = 0;
    verdict->prefix_count = 0;
    verdict->refused = verdict->steps = 0;
    if (load(ops, n, precedence, verdict))
        verdict->answer = judge(verdict);
    else
        verdict->answer = HISTORY_UNKNOWN_OPERATION;
    return verdict->answer == HISTORY_LINEARIZABLE;
}
