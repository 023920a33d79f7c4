/* specs_cells.c - objects of a single word: register, counter, mutex. */
#include <inttypes.h>
#include <stdio.h>

#include "history.h"

enum { READ, WRITE, EXCHANGE, FETCH_ADD, COMPARE_EXCHANGE };
const char *const history_register_operations[] = {
    "read", "write", "exchange", "fetch_add", "compare_exchange", NULL};

void history_register_init(void *state, int64_t value) { *(int64_t *)state = value; }

/* Two's complement, as atomic_fetch_add has it. */
static int64_t sum(int64_t a, int64_t b) { return (int64_t)((uint64_t)a + (uint64_t)b); }

bool history_register_apply(void *state, const struct history_op *op) {
    int64_t *value = state, old = *value;
    switch (op->code) {
    case READ: return history_gives(op, old);
    case WRITE: *value = op->arguments[0]; return true;
    case EXCHANGE: *value = op->arguments[0]; return history_gives(op, old);
    case FETCH_ADD: *value = sum(old, op->arguments[0]); return history_gives(op, old);
    case COMPARE_EXCHANGE:
        if (old == op->arguments[0]) *value = op->arguments[1];
        return history_gives(op, old == op->arguments[0]);
    default: return false;
    }
}

int history_register_print(const void *state, char *text, size_t bytes) {
    return snprintf(text, bytes, "the value is %" PRId64, *(const int64_t *)state);
}

const struct history_spec history_register = HISTORY_REGISTER(0);

enum { COUNT_READ, COUNT_FETCH_ADD, COUNT_ADD, COUNT_INCREMENT, COUNT_DECREMENT };
const char *const history_counter_operations[] = {"read",      "fetch_add", "add",
                                                  "increment", "decrement", NULL};

bool history_counter_apply(void *state, const struct history_op *op) {
    int64_t *value = state, old = *value;
    switch (op->code) {
    case COUNT_READ: return history_gives(op, old);
    case COUNT_FETCH_ADD: *value = sum(old, op->arguments[0]); return history_gives(op, old);
    case COUNT_ADD: *value = sum(old, op->arguments[0]); return true;
    case COUNT_INCREMENT: *value = sum(old, 1); return true;
    case COUNT_DECREMENT: *value = sum(old, -1); return true;
    default: return false;
    }
}

const struct history_spec history_counter = HISTORY_COUNTER(0);

enum { LOCK, UNLOCK, TRY_LOCK };
#define FREE (-1)

static void mutex_init(void *state, int64_t parameter) {
    (void)parameter;
    *(int64_t *)state = FREE;
}

static bool mutex_apply(void *state, const struct history_op *op) {
    int64_t *holder = state, before = *holder;
    switch (op->code) {
    case LOCK: *holder = op->thread; return before == FREE;
    case UNLOCK: *holder = FREE; return before == op->thread;
    case TRY_LOCK:
        if (before == FREE) *holder = op->thread;
        return history_gives(op, before == FREE);
    default: return false;
    }
}

static int mutex_print(const void *state, char *text, size_t bytes) {
    int64_t holder = *(const int64_t *)state;
    if (holder == FREE) return snprintf(text, bytes, "it is free");
    return snprintf(text, bytes, holder ? "thread %" PRId64 " holds it" : "main holds it", holder);
}

const struct history_spec history_mutex = {
    .name = "mutex",
    .operations = (const char *const[]){"lock", "unlock", "try_lock", NULL},
    .state_bytes = sizeof(int64_t),
    .init = mutex_init,
    .apply = mutex_apply,
    .print = mutex_print,
};
