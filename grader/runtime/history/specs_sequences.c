/* specs_sequences.c - queue and stack, with and without a capacity. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "history.h"

struct sequence {
    int64_t capacity; /* 0: none */
    int64_t count;
    int64_t values[HISTORY_MAX_OPS]; /* oldest first */
};
_Static_assert(sizeof(struct sequence) == sizeof(int64_t[2 + HISTORY_MAX_OPS]),
               "as HISTORY_SEQUENCE_ has it");

enum { PUSH, POP, PEEK };
const char *const history_sequence_operations[] = {"push", "pop", "peek", NULL};

void history_sequence_init(void *state, int64_t capacity) {
    struct sequence *sequence = state;
    sequence->capacity = capacity;
    sequence->count = 0;
}

/* No more than HISTORY_MAX_OPS are ever pushed. */
static bool push(struct sequence *sequence, const struct history_op *op) {
    bool full = sequence->capacity && sequence->count >= sequence->capacity;
    if (!full) sequence->values[sequence->count++] = op->arguments[0];
    return !sequence->capacity || history_gives(op, !full);
}

/* Look at the value in this place, and take it out if it is a pop. */
static bool take(struct sequence *sequence, const struct history_op *op, int64_t place) {
    if (!sequence->count) return history_gives(op, HISTORY_NONE);
    int64_t value = sequence->values[place];
    if (op->code == POP) {
        sequence->count--;
        memmove(sequence->values + place, sequence->values + place + 1,
                (size_t)(sequence->count - place) * sizeof value);
    }
    return history_gives(op, value);
}

bool history_queue_apply(void *state, const struct history_op *op) {
    return op->code == PUSH ? push(state, op) : take(state, op, 0);
}

bool history_stack_apply(void *state, const struct history_op *op) {
    struct sequence *sequence = state;
    return op->code == PUSH ? push(sequence, op) : take(sequence, op, sequence->count - 1);
}

size_t history_sequence_used(const void *state) {
    const struct sequence *sequence = state;
    return offsetof(struct sequence, values) + (size_t)sequence->count * sizeof(int64_t);
}

int history_sequence_print(const void *state, char *text, size_t bytes) {
    const struct sequence *sequence = state;
    size_t used = 0;
    if (!sequence->count) return snprintf(text, bytes, "it is empty");
    for (int64_t place = 0; place < sequence->count; place++) {
        int added = snprintf(used < bytes ? text + used : NULL, used < bytes ? bytes - used : 0,
                             place ? ", %" PRId64 : "it holds, oldest first, %" PRId64,
                             sequence->values[place]);
        used += (size_t)added;
    }
    return (int)used;
}

const struct history_spec history_queue = HISTORY_SEQUENCE_("FIFO queue", 0, history_queue_apply);
const struct history_spec history_stack = HISTORY_SEQUENCE_("stack", 0, history_stack_apply);
