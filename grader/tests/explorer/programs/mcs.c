/* mcs.c - the MCS queue lock: each waiter spins on its own node.
 *
 * Source: J. M. Mellor-Crummey, M. L. Scott, "Algorithms for scalable synchronization on
 *         shared-memory multiprocessors", ACM TOCS 9(1), 1991.
 * Bugs:   NO_WAIT_FOR_LINK  unlock leaves when its successor has not linked itself yet
 *         LATE_INIT         the node is marked "wait" only after it can already be handed over
 *         RELAXED           the hand-over orders nothing
 */
#include "corpus.h"

#ifdef RELAXED
#define ACQUIRE relaxed
#define RELEASE relaxed
#else
#define ACQUIRE acquire
#define RELEASE release
#endif

struct node {
    _Atomic(struct node *) next;
    atomic_bool waits;
};

static _Atomic(struct node *) tail;
static int counter;

static void lock(struct node *node) {
    atomic_store_explicit(&node->next, NULL, relaxed);
#ifndef LATE_INIT
    atomic_store_explicit(&node->waits, true, relaxed);
#endif
    struct node *before = atomic_exchange_explicit(&tail, node, acq_rel);
    if (!before) return;
    atomic_store_explicit(&before->next, node, release);
#ifdef LATE_INIT
    atomic_store_explicit(&node->waits, true, relaxed);
#endif
    while (atomic_load_explicit(&node->waits, ACQUIRE))
        ;
}

static void unlock(struct node *node) {
    struct node *next = atomic_load_explicit(&node->next, acquire);
    if (!next) {
        struct node *expected = node;
        if (atomic_compare_exchange_strong_explicit(&tail, &expected, NULL, release, relaxed))
            return;
#ifdef NO_WAIT_FOR_LINK
        return;
#endif
        while (!(next = atomic_load_explicit(&node->next, acquire)))
            ;
    }
    atomic_store_explicit(&next->waits, false, RELEASE);
}

static void worker(int me) {
    (void)me;
    struct node mine;
    lock(&mine);
    counter++;
    unlock(&mine);
}

int main(void) {
    TOGETHER(worker, worker);
    assert(counter == 2);
    return 0;
}
