/* mcs_tls.c - an MCS lock whose node is a thread-local variable, which other threads write to.
 *
 * Source: J. M. Mellor-Crummey, M. L. Scott, ACM TOCS 9(1), 1991.
 * Bugs:   ONE_NODE        one node a thread for two locks that are held together
 */
#include "corpus.h"

struct node {
    _Atomic(struct node *) next;
    atomic_bool waits;
};

struct lock {
    _Atomic(struct node *) tail;
};

static _Thread_local struct node nodes[2];
static struct lock outer, inner;
static int counter;

static void lock(struct lock *lock, struct node *node) {
    atomic_store_explicit(&node->next, NULL, relaxed);
    atomic_store_explicit(&node->waits, true, relaxed);
    struct node *before = atomic_exchange_explicit(&lock->tail, node, acq_rel);
    if (!before) return;
    atomic_store_explicit(&before->next, node, release);
    while (atomic_load_explicit(&node->waits, acquire))
        ;
}

static void unlock(struct lock *lock, struct node *node) {
    struct node *next = atomic_load_explicit(&node->next, acquire);
    if (!next) {
        struct node *expected = node;
        if (atomic_compare_exchange_strong_explicit(&lock->tail, &expected, NULL, release, relaxed))
            return;
        while (!(next = atomic_load_explicit(&node->next, acquire)))
            ;
    }
    atomic_store_explicit(&next->waits, false, release);
}

static void worker(int me) {
    (void)me;
    struct node *first = &nodes[0];
#ifdef ONE_NODE
    struct node *second = &nodes[0];
#else
    struct node *second = &nodes[1];
#endif
    lock(&outer, first);
    lock(&inner, second);
    counter++;
    unlock(&inner, second);
    unlock(&outer, first);
}

int main(void) {
    TOGETHER(worker, worker);
    assert(counter == 2);
    return 0;
}
