/* ops.h - the visible operations of a thread: each adds its events to the graph, or replays them. */
#ifndef HBX_OPS_H
#define HBX_OPS_H

#include "graph.h"
#include "location.h"

/* What an event was, for whoever reads the trace. */
enum label {
    LABEL_ATOMIC,
    LABEL_PLAIN_STORE,
    LABEL_FENCE,
    LABEL_CREATE,
    LABEL_JOIN,
    LABEL_END,
    LABEL_SPIN,
    LABEL_MUTEX_LOCK,
    LABEL_MUTEX_TRYLOCK,
    LABEL_MUTEX_UNLOCK,
    LABEL_COND_WAIT,
    LABEL_COND_WOKEN,
    LABEL_COND_SIGNAL,
    LABEL_COND_BROADCAST,
    LABEL_SEM_WAIT,
    LABEL_SEM_TRYWAIT,
    LABEL_SEM_POST,
    LABEL_SEM_GET,
    LABEL_BARRIER_WAIT,
    LABEL_BARRIER_PASS,
    LABEL_RWLOCK_RDLOCK,
    LABEL_RWLOCK_WRLOCK,
    LABEL_RWLOCK_UNLOCK,
    LABEL_ONCE,
    LABEL_ONCE_DONE,
    LABEL_SPIN_LOCK,
    LABEL_SPIN_UNLOCK,
    LABEL_FUTEX_WAIT,
    LABEL_FUTEX_WOKEN,
    LABEL_FUTEX_WAKE,
    LABEL_FUTEX_LEAVE,
    LABEL_CHOICE,
    LABEL_CLOCK,
    LABEL_INIT,
    LABEL_DESTROY,
    LABEL_SLEEP,
    LABEL_ENDING,
    LABEL_WAITER,
};

const char *label_name(enum label label);

struct access {
    const void *address;
    enum space space;
    uint8_t size, order, label;
    uint64_t pc;
};

value_t op_load(struct access a);
void op_store(struct access a, value_t value);

struct rmw {
    enum rmw_op op;
    value_t operand, expected;
    enum order fail_order;
    enum guard guard;
    uint64_t guard_arg;
};
/* Returns the value that was there. *done: the write took place. */
value_t op_rmw(struct access a, struct rmw rmw, bool *done);

/* An RMW with other events of its thread between its read and its write. op_open returns the value
 * read; then op_close writes, or op_drop leaves all as it was. Between them the thread is not
 * interrupted. */
value_t op_open(struct access a, struct rmw rmw);
int op_close(value_t value); /* returns the write's position */
void op_drop(void);

/* A run begins: nothing is open. */
void op_begin_run(void);

void op_fence(enum order order, uint64_t pc);

/* Choose a number below n; `label` says what for. */
int op_choice(int n, enum label label, uint64_t pc);

/* The new thread's number. */
int op_create(uint64_t pc);
void op_end(void);

/* Wait for the event that ready() names. Returns it. */
const struct event *op_join(int (*ready)(void), uintptr_t argument, int label, uint64_t pc);

#endif
