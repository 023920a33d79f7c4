/* treiber.c - Treiber's stack on the heap; popped nodes are kept until all threads are joined.
 *
 * Source: R. K. Treiber, "Systems programming: coping with parallelism", IBM RJ 5118, 1986.
 * Bugs:   RELAXED_PUSH    a popper may see the node before what is in it
 *         FREE_NOW        pop frees its node, which another pop may be reading
 *         NO_TEARDOWN     what is still on the stack is never freed
 *         STORE_TOP       push sets the top by a store: a node that came in between is lost
 */
#include "corpus.h"

#ifdef RELAXED_PUSH
#define RELEASE relaxed
#else
#define RELEASE release
#endif

struct node {
    _Atomic(struct node *) next;
    int value;
};

static _Atomic(struct node *) top;
static struct node *retired[2]; /* one a thread */
static int sum[2];

static void push(int value) {
    struct node *node = malloc(sizeof *node);
    assert(node);
    node->value = value;
    struct node *seen = atomic_load_explicit(&top, relaxed);
#ifdef STORE_TOP
    atomic_store_explicit(&node->next, seen, relaxed);
    atomic_store_explicit(&top, node, RELEASE);
#else
    do atomic_store_explicit(&node->next, seen, relaxed);
    while (!atomic_compare_exchange_weak_explicit(&top, &seen, node, RELEASE, relaxed));
#endif
}

static struct node *pop(void) {
    struct node *seen = atomic_load_explicit(&top, acquire);
    while (seen) {
        struct node *next = atomic_load_explicit(&seen->next, relaxed);
        if (atomic_compare_exchange_weak_explicit(&top, &seen, next, acquire, acquire)) break;
    }
    return seen;
}

static void worker(int me) {
    push(me + 1);
    struct node *node = pop();
    assert(node);
    sum[me] = node->value;
#ifdef FREE_NOW
    free(node);
#else
    retired[me] = node;
#endif
}

int main(void) {
    push(10);
    TOGETHER(worker, worker);
    int left = 0;
#ifndef NO_TEARDOWN
    for (struct node *node; (node = pop()); free(node)) left += node->value;
    assert(left + sum[0] + sum[1] == 13);
#endif
    for (int t = 0; t < 2; t++) free(retired[t]);
    (void)left;
    return 0;
}
