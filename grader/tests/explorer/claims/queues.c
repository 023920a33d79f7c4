/* queues.c - a Michael-Scott queue; its nodes are never used again.
 *
 * Source: M. M. Michael, M. L. Scott, "Simple, fast, and practical non-blocking and blocking
 *         concurrent queue algorithms", PODC 1996, figure 1.
 * Bugs:   STORE_LINK  links by a store: of two nodes put at once, one is lost
 *         NO_HELP     waits until the one that linked a node has moved the tail
 */
#include "claims.h"

struct node {
    _Atomic(struct node *) next;
    int value;
};

static _Atomic(struct node *) head, tail;
static struct node nodes[8];

static void setup(void) {
    for (int n = 0; n < 8; n++) atomic_init(&nodes[n].next, NULL);
    atomic_init(&head, &nodes[0]);
    atomic_init(&tail, &nodes[0]);
}

static void move_tail(struct node *last, struct node *next) {
#ifdef NO_HELP
    (void)last, (void)next;
#else
    atomic_compare_exchange_strong_explicit(&tail, &last, next, release, relaxed);
#endif
}

static int64_t push(int value) {
    struct node *node = &nodes[value];
    node->value = value;
    for (;;) {
        struct node *last = atomic_load_explicit(&tail, acquire); /* begins again */
        struct node *next = atomic_load_explicit(&last->next, acquire);
        if (next) {
            move_tail(last, next);
            continue;
        }
#ifdef STORE_LINK
        atomic_store_explicit(&last->next, node, release);
#else
        if (!atomic_compare_exchange_strong_explicit(&last->next, &next, node, release, relaxed))
            continue;
#endif
        atomic_compare_exchange_strong_explicit(&tail, &last, node, release, relaxed);
        return 0;
    }
}

static int64_t pop(void) {
    for (;;) {
        struct node *first = atomic_load_explicit(&head, acquire);
        struct node *last = atomic_load_explicit(&tail, acquire);
        struct node *next = atomic_load_explicit(&first->next, acquire);
        if (!next) return HISTORY_NONE;
        if (first == last) {
            move_tail(last, next);
            continue;
        }
        if (atomic_compare_exchange_strong_explicit(&head, &first, next, acq_rel, relaxed))
            return next->value;
    }
}

static void pushes_and_pops(void) {
    history_record(push(1), "push", 1);
    history_record(pop(), "pop");
}
static void pushes_and_pops_too(void) {
    history_record(push(2), "push", 2);
    history_record(pop(), "pop");
}

SCENARIO(both, .promise = "what is pushed is popped once, the first first", .setup = setup,
         .threads = {pushes_and_pops, pushes_and_pops_too}, .linearizable = &history_queue);

static void pushes_once(void) { history_record(push(7), "push", 7); }
static void pushes_often(void) {
    for (int i = scenario_contention(); i > 0; i--) history_record(push(i), "push", i);
}

SCENARIO(pushes, .promise = "somebody's push ends", .setup = setup,
         .threads = {pushes_once, pushes_often}, .linearizable = &history_queue,
         .progress = PROGRESS_LOCK_FREE);
