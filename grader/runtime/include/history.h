/* history.h - what the threads asked of an object and what it answered; and whether some one-by-one
 * order of these operations explains the answers.
 *
 * A thread notes each operation twice: before it calls the object, and with the answer. A sequential
 * specification says what a single thread would have seen. The history is *linearizable* if its
 * operations can be put in one order that the specification allows and that keeps each operation
 * behind all that came before it:
 *
 *     static void pusher(void) {
 *         int id = history_invoke("push", 7);
 *         stack_push(&stack, 7);
 *         history_return(id, 0);
 *     }
 *     static void popper(void) {
 *         int value, id = history_invoke("pop");
 *         history_return(id, stack_pop(&stack, &value) ? value : HISTORY_NONE);
 *     }
 *     static void setup(void) { stack_init(&stack); history_clear(); }
 *     static void finally(void) { history_require_linearizable(&history_stack); }
 *
 * Came before: operation a precedes operation b only if a's return happens-before b's invocation. All
 * others are concurrent, and may take effect in either order. The explorer knows happens-before
 * exactly. Real threads number the two notes of each operation instead, in the order in which they
 * are made: who has returned before another begins precedes it in real time. Neither way makes a
 * happens-before edge between the threads of the program, so that no race hides behind the notes.
 *
 * Pending: an operation that never returned may have taken effect, at any place after its invocation,
 * or not at all. It precedes nothing.
 *
 * Sources: Maurice P. Herlihy and Jeannette M. Wing, "Linearizability: A Correctness Condition for
 * Concurrent Objects", ACM TOPLAS 12(3), 1990. For happens-before in the place of real time: Mark
 * Batty, Mike Dodds and Alexey Gotsman, "Library Abstraction for C/C++ Concurrency", POPL 2013.
 */
#ifndef HB_HISTORY_H
#define HB_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HISTORY_MAX_OPS     64
#define HISTORY_MAX_THREADS 16
#define HISTORY_STATE_BYTES 1088 /* of a specification's state, at most */

#define HISTORY_NONE INT64_MIN /* as a result: there was nothing ("empty", "absent") */

/* --- recording -------------------------------------------------------------------------------- */

/* One operation. */
struct history_op {
    const char *name;     /* "push": one of the specification's operations */
    int64_t arguments[2]; /* zero where there are fewer */
    int count;            /* of arguments */
    int thread;           /* 0: the one that called history_clear */
    bool returned;        /* false: pending, and `result` means nothing */
    int64_t result;
    int code; /* in a specification's `apply`: the name's place in `operations` */
};

/* Forget everything; in `setup`, or wherever no other thread records. */
void history_clear(void);

/* history_invoke("pop"), history_invoke("push", 7), history_invoke("put", key, value): note that the
 * calling thread begins this operation. The name must be a string that lives as long as the history.
 *
 * Threads:   any number, concurrently; one thread may have several operations open.
 * Order:     none: see the top of this file.
 * Returns:   the number to give to history_return.
 * Errors:    panics beyond HISTORY_MAX_OPS operations since history_clear.
 */
#define history_invoke(...)                                                                        \
    history_invoke_n(HISTORY_NAME_(__VA_ARGS__, 0), HISTORY_COUNT_(__VA_ARGS__, 2, 1, 0, 0),       \
                     HISTORY_FIRST_(__VA_ARGS__, 0, 0), HISTORY_SECOND_(__VA_ARGS__, 0, 0, 0))
#define HISTORY_NAME_(name, ...)                        name
#define HISTORY_FIRST_(name, first, ...)                first
#define HISTORY_SECOND_(name, first, second, ...)       second
#define HISTORY_COUNT_(name, first, second, count, ...) count
int history_invoke_n(const char *name, int count, int64_t first, int64_t second);

/* Note that the operation has returned this: a value, or 1 and 0 for true and false, or
 * HISTORY_NONE. A result that the specification does not look at may be 0.
 *
 * Errors:    panics if `id` is not an operation that is still open.
 */
void history_return(int id, int64_t result);

/* Both around one expression: history_record(ring_push(&ring, 7), "push", 7). */
#define history_record(expression, ...)                                                            \
    do {                                                                                           \
        int history_id_ = history_invoke(__VA_ARGS__);                                             \
        history_return(history_id_, (expression));                                                 \
    } while (0)

/* What precedes what: bit a of before[b] is set if operation a precedes operation b. */
struct history_precedence {
    uint64_t before[HISTORY_MAX_OPS];
};

/* The history so far, its operations numbered thread by thread and each thread's in the order of
 * their invocations, so that equal histories look equal however they came about.
 *
 * Threads:   only when all that recorded have been joined, or stand still.
 * Returns:   the number of operations.
 */
int history_snapshot(struct history_op ops[HISTORY_MAX_OPS], struct history_precedence *precedence);

/* --- specifications --------------------------------------------------------------------------- */

/* What an object does when one thread uses it: its states, and what each operation does to them.
 *
 *     enum { FLIP, LOOK };
 *     static void coin_init(void *state, int64_t parameter) { *(int64_t *)state = parameter; }
 *     static bool coin_apply(void *state, const struct history_op *op) {
 *         int64_t *side = state;
 *         if (op->code == FLIP) return *side = !*side, true;
 *         return history_gives(op, *side);
 *     }
 *     static const struct history_spec coin = {
 *         .name = "coin", .operations = (const char *const[]){"flip", "look", NULL},
 *         .state_bytes = sizeof(int64_t), .init = coin_init, .apply = coin_apply};
 *
 * States are copied, hashed and compared as bytes. Two states that mean the same but differ in bytes
 * cost time, never a wrong verdict.
 */
struct history_spec {
    const char *name;              /* "FIFO queue" */
    const char *const *operations; /* their names; NULL ends the list */
    size_t state_bytes;            /* at most HISTORY_STATE_BYTES */
    int64_t parameter;             /* for init: a capacity, an initial value */

    /* Write the first state. */
    void (*init)(void *state, int64_t parameter);

    /* Do one operation. False: in this state it cannot give this result, or must wait; the state is
     * then not used any more. It has one outcome in each state; a pending operation (!op->returned)
     * must accept whatever the outcome is, which history_gives does. */
    bool (*apply)(void *state, const struct history_op *op);

    /* Optional: how many bytes from its start tell a state from others; `apply` must not read
     * beyond. NULL: state_bytes. */
    size_t (*used_bytes)(const void *state);

    /* Optional: the object is a collection of independent ones; this is the one that `op` works on.
     * False: it looks at several. Then each may be judged alone, which is quicker by far. */
    bool (*key)(const struct history_op *op, int64_t *key);

    /* Optional: the state in words, for a report; as snprintf does. */
    int (*print)(const void *state, char *text, size_t bytes);
};

/* Does the operation return `value`? A pending one would. */
static inline bool history_gives(const struct history_op *op, int64_t value) {
    return !op->returned || op->result == value;
}

/* Register: read() -> value; write(value); exchange(value) -> old; fetch_add(n) -> old;
 * compare_exchange(expected, desired) -> 1 or 0. */
extern const struct history_spec history_register; /* at first 0 */
#define HISTORY_REGISTER(initial_)                                                                 \
    {                                                                                              \
        .name = "register", .operations = history_register_operations,                             \
        .state_bytes = sizeof(int64_t), .parameter = (initial_), .init = history_register_init,    \
        .apply = history_register_apply, .print = history_register_print                           \
    }

/* Counter: fetch_add(n) -> old; increment(), decrement(), add(n): result not looked at;
 * read() -> value. */
extern const struct history_spec history_counter; /* at first 0 */
#define HISTORY_COUNTER(initial_)                                                                  \
    {                                                                                              \
        .name = "counter", .operations = history_counter_operations,                               \
        .state_bytes = sizeof(int64_t), .parameter = (initial_), .init = history_register_init,    \
        .apply = history_counter_apply, .print = history_register_print                            \
    }

/* Queue and stack: push(value); pop() -> value, or HISTORY_NONE if empty; peek() -> what pop would
 * give. Unbounded: push's result is not looked at. With a capacity: 1, or 0 if full. */
extern const struct history_spec history_queue;
extern const struct history_spec history_stack;
#define HISTORY_BOUNDED_QUEUE(capacity_)                                                           \
    HISTORY_SEQUENCE_("bounded FIFO queue", (capacity_), history_queue_apply)
#define HISTORY_BOUNDED_STACK(capacity_)                                                           \
    HISTORY_SEQUENCE_("bounded stack", (capacity_), history_stack_apply)
#define HISTORY_SEQUENCE_(name_, capacity_, apply_)                                                \
    {                                                                                              \
        .name = (name_), .operations = history_sequence_operations,                                \
        .state_bytes = sizeof(int64_t[2 + HISTORY_MAX_OPS]), .parameter = (capacity_),             \
        .init = history_sequence_init, .apply = (apply_), .used_bytes = history_sequence_used,     \
        .print = history_sequence_print                                                            \
    }

/* Set: add(key) -> 1 if it was absent, else 0; remove(key) -> 1 if it was there, else 0;
 * contains(key) -> 1 or 0. */
extern const struct history_spec history_set;

/* Map: put(key, value) -> old value or HISTORY_NONE; get(key) -> value or HISTORY_NONE; remove(key)
 * -> old value or HISTORY_NONE; insert(key, value) -> 1 if it was absent, else 0 and no change;
 * set(key, value): put whose result is not looked at; contains(key) -> 1 or 0. */
extern const struct history_spec history_map;

/* Mutex: lock(), unlock(): results not looked at; try_lock() -> 1, or 0 if it was held. Who unlocks
 * must hold it. */
extern const struct history_spec history_mutex;

/* What the initialisers above are made of. */
extern const char *const history_register_operations[], *const history_counter_operations[],
                                                            *const history_sequence_operations[];
void history_register_init(void *state, int64_t value);
bool history_register_apply(void *state, const struct history_op *op);
int history_register_print(const void *state, char *text, size_t bytes);
bool history_counter_apply(void *state, const struct history_op *op);
void history_sequence_init(void *state, int64_t capacity);
bool history_queue_apply(void *state, const struct history_op *op);
bool history_stack_apply(void *state, const struct history_op *op);
size_t history_sequence_used(const void *state);
int history_sequence_print(const void *state, char *text, size_t bytes);

/* --- the check -------------------------------------------------------------------------------- */

enum history_answer {
    HISTORY_LINEARIZABLE,
    HISTORY_NOT_LINEARIZABLE,
    HISTORY_UNDECIDED,         /* given up after HISTORY_MAX_STEPS: the history is too large */
    HISTORY_UNKNOWN_OPERATION, /* operation number `unknown` is none of the specification's */
};
#define HISTORY_MAX_STEPS (1 << 24)

struct history_verdict {
    enum history_answer answer;
    int unknown;
    bool by_key; /* the verdict, and all below, is about the operations on `key` alone */
    int64_t key;
    /* Linearizable: an order that explains everything; empty if it was found key by key. Not: an
     * order that explains as many returned operations as any order can from the start. */
    int prefix_count;
    uint8_t prefix[HISTORY_MAX_OPS];
    uint64_t refused; /* not linearizable: the operations (bits) that precedence lets follow the
                       * prefix; the specification refuses each */
    uint64_t steps;   /* operations tried */
};

/* Is there an order? Exact: no false alarm and nothing overlooked, for any precedence, whether it
 * comes from intervals in time or is any other partial order.
 *
 * Threads:   one check at a time in a process: its workspace is static.
 * Progress:  no allocation, no system call. Exponential in the worst case; linear as a rule.
 * Returns:   true if verdict->answer is HISTORY_LINEARIZABLE. `verdict` may not be NULL.
 * Errors:    panics if n or spec->state_bytes is beyond its limit.
 * Source:    Jeannette M. Wing and Chun Gong, "Testing and Verifying Concurrent Objects", JPDC 17,
 *            1993; memoised as in Gavin Lowe, "Testing for linearizability", Concurrency and
 *            Computation: Practice and Experience 29(4), 2017.
 */
bool history_linearizable(const struct history_op *ops, int n,
                          const struct history_precedence *precedence,
                          const struct history_spec *spec, struct history_verdict *verdict);

/* The same, for one who asks a hundred thousand times a second: remembers which histories were found
 * linearizable, and then leaves the order out of the verdict. */
bool history_linearizable_cached(const struct history_op *ops, int n,
                                 const struct history_precedence *precedence,
                                 const struct history_spec *spec, struct history_verdict *verdict);

/* 128 bits that tell a history, with its specification, from others. Equal histories have equal
 * digests if their operations are numbered in the same way (history_snapshot sees to that). */
struct history_digest {
    uint64_t half[2];
};
struct history_digest history_digest(const struct history_op *ops, int n,
                                     const struct history_precedence *precedence,
                                     const struct history_spec *spec);

/* --- reports ---------------------------------------------------------------------------------- */

/* The history as a table of at most 80 columns, one for each thread, time going down; then the
 * longest order that the specification allows, and what cannot follow it. For a verdict of
 * history_linearizable on the same history. Writes at most `bytes` bytes, the last one NUL.
 *
 * Returns:   the length of the whole report, as snprintf does. */
size_t history_report(const struct history_op *ops, int n,
                      const struct history_precedence *precedence, const struct history_spec *spec,
                      const struct history_verdict *verdict, char *text, size_t bytes);

/* Judge what was recorded since history_clear; when it is not linearizable, end the run through
 * scenario_broken (scenario.h) with the report. In `finally`.
 *
 * Errors:    panics if an operation is not one of the specification's, or the history is too large to
 *            decide: the scenario's bugs, not the object's.
 */
#define history_require_linearizable(spec) history_require_at(__FILE__, __LINE__, (spec))
void history_require_at(const char *file, int line, const struct history_spec *spec);

/* The report that history_require_linearizable made last, or "". */
const char *history_last_report(void);

#endif
