/* stacks.c - Treiber's stack; its nodes are never used again.
 *
 * Source: R. K. Treiber, "Systems programming: coping with parallelism", IBM RJ 5118, 1986.
 * Bugs:   STORE_TOP    push sets the top by a store: a node that came in between is lost
 *         PEEKS_TWICE  pop takes its answer from the top as it is afterwards
 */
#include "claims.h"

struct node {
    _Atomic(struct node *) next;
    int value;
};

static _Atomic(struct node *) top;
static struct node nodes[8];
static atomic_int used;

static void setup(void) {
    atomic_init(&top, NULL);
    atomic_init(&used, 0);
}

static int64_t push(int value) {
    struct node *node = &nodes[value];
    struct node *seen = atomic_load_explicit(&top, relaxed);
    node->value = value;
#ifdef STORE_TOP
    atomic_store_explicit(&node->next, seen, relaxed);
    atomic_store_explicit(&top, node, release);
#else
    do atomic_store_explicit(&node->next, seen, relaxed);
    while (!atomic_compare_exchange_weak_explicit(&top, &seen, node, release, relaxed));
#endif
    return 0;
}

static int64_t pop(void) {
    struct node *seen = atomic_load_explicit(&top, acquire);
    while (seen) {
        struct node *next = atomic_load_explicit(&seen->next, relaxed);
#ifdef PEEKS_TWICE
        int value = seen->value;
        struct node *now = atomic_load_explicit(&top, acquire);
        if (now) value = now->value;
        if (atomic_compare_exchange_strong_explicit(&top, &seen, next, acquire, acquire))
            return value;
#else
        if (atomic_compare_exchange_strong_explicit(&top, &seen, next, acquire, acquire))
            return seen->value;
#endif
    }
    return HISTORY_NONE;
}

static void pushes_and_pops(void) {
    history_record(push(1), "push", 1);
    history_record(pop(), "pop");
}
static void pushes_and_pops_too(void) {
    history_record(push(2), "push", 2);
    history_record(pop(), "pop");
}

SCENARIO(both, .promise = "what is pushed is popped once, the last first", .setup = setup,
         .threads = {pushes_and_pops, pushes_and_pops_too}, .linearizable = &history_stack);

static void pushes_once(void) { history_record(push(7), "push", 7); }
static void pushes_often(void) {
    for (int i = scenario_contention(); i > 0; i--) {
        int value = atomic_fetch_add_explicit(&used, 1, relaxed);
        history_record(push(value), "push", value);
    }
}

SCENARIO(pushes, .promise = "somebody's push ends", .setup = setup,
         .threads = {pushes_once, pushes_often}, .linearizable = &history_stack,
         .progress = PROGRESS_LOCK_FREE);
