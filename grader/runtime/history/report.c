/* report.c - a history that has no order, told to a reader. */
#include <inttypes.h>
#include <string.h>

#include "history.h"
#include "timeline.h"

enum { WORDS = 61 }; /* of a state: with what stands before it, a line */

/* The operations that the verdict is about. */
static uint64_t judged(const struct history_op *ops, int n, const struct history_spec *spec,
                       const struct history_verdict *verdict) {
    uint64_t which = 0;
    for (int op = 0; op < n; op++) {
        int64_t key;
        bool other = verdict->by_key && spec->key(&ops[op], &key) && key != verdict->key;
        if (!other) which |= 1ull << op;
    }
    return which;
}

static void add_title(struct text *text, const struct history_spec *spec,
                      const struct history_verdict *verdict) {
    static const char *const answers[] = {
        [HISTORY_LINEARIZABLE] = "This history is linearizable",
        [HISTORY_NOT_LINEARIZABLE] = "This history is not linearizable",
        [HISTORY_UNDECIDED] = "It is not known whether this history is linearizable",
        [HISTORY_UNKNOWN_OPERATION] = "This history has an operation that is unknown",
    };
    text_add(text, "%s: %s", answers[verdict->answer], spec->name);
    if (verdict->by_key) text_add(text, ", the operations on %" PRId64, verdict->key);
    text_add(text, ".\n");
}

static void add_state(struct text *text, const struct history_op *ops,
                      const struct history_spec *spec, const struct history_verdict *verdict) {
    unsigned char state[HISTORY_STATE_BYTES] __attribute__((aligned(16))) = {0};
    char words[WORDS] = "";
    if (!spec->print) return;
    spec->init(state, spec->parameter);
    for (int place = 0; place < verdict->prefix_count; place++) {
        struct history_op op = ops[verdict->prefix[place]];
        for (op.code = 0; spec->operations[op.code]; op.code++)
            if (!strcmp(spec->operations[op.code], op.name)) break;
        if (!spec->apply(state, &op)) return;
    }
    bool all = spec->print(state, words, sizeof words) < WORDS;
    text_add(text, "%s%s%s\n", verdict->prefix_count ? "  after which " : "  At first ", words,
             all ? "." : " ...");
}

static void add_numbered(struct text *text, const struct history_op *ops, int number) {
    text_add(text, "  %d ", number + 1);
    history_timeline_operation(text, &ops[number]);
    text_add(text, ", ");
    history_timeline_thread(text, ops[number].thread);
    text_add(text, "\n");
}

static void add_prefix(struct text *text, const struct history_op *ops,
                       const struct history_spec *spec, const struct history_verdict *verdict) {
    if (verdict->prefix_count)
        text_add(text, "The %s allows at most this much, in this order:\n", spec->name);
    else
        text_add(text, "The %s does not even allow a first operation.\n", spec->name);
    for (int place = 0; place < verdict->prefix_count; place++)
        add_numbered(text, ops, verdict->prefix[place]);
    add_state(text, ops, spec, verdict);
}

static void add_refused(struct text *text, const struct history_op *ops,
                        const struct history_verdict *verdict) {
    if (!verdict->refused) {
        text_add(text, "Each other operation comes after one that is not placed: a cycle.\n");
        return;
    }
    text_add(text, verdict->refused & (verdict->refused - 1)
                       ? "One of these must come next, and none can:\n"
                       : "This must come next, and cannot:\n");
    for (uint64_t rest = verdict->refused; rest; rest &= rest - 1)
        add_numbered(text, ops, __builtin_ctzll(rest));
}

size_t history_report(const struct history_op *ops, int n,
                      const struct history_precedence *precedence, const struct history_spec *spec,
                      const struct history_verdict *verdict, char *buffer, size_t bytes) {
    struct text text = {buffer, bytes, 0};
    struct shown shown = {ops, n, precedence, judged(ops, n, spec, verdict)};
    add_title(&text, spec, verdict);
    history_timeline_print(&text, &shown);
    if (verdict->answer == HISTORY_NOT_LINEARIZABLE) {
        add_prefix(&text, ops, spec, verdict);
        add_refused(&text, ops, verdict);
    }
    if (verdict->answer == HISTORY_UNKNOWN_OPERATION) add_numbered(&text, ops, verdict->unknown);
    return text.used;
}
