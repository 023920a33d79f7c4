/* clh.c - the CLH queue lock: each waiter spins on its predecessor's node, and keeps it.
 *
 * Source: T. Craig, "Building FIFO and priority-queuing spin locks from atomic swap", University of
 *         Washington TR 93-02-02, 1993; P. Magnusson, A. Landin, E. Hagersten, IPPS 1994.
 * Bugs:   KEEPS_OWN       uses its own node again, which its successor may still be looking at
 *         RELAXED         the hand-over orders nothing
 */
#include "corpus.h"

#ifdef RELAXED
#define ACQUIRE relaxed
#define RELEASE relaxed
#else
#define ACQUIRE acquire
#define RELEASE release
#endif

enum { THREADS = 2, ROUNDS = 2 };

struct node {
    atomic_bool taken;
};

static _Atomic(struct node *) tail;
static struct node *owned[THREADS]; /* each thread's node for its next round */
static int counter;

static void worker(int me) {
    for (int round = 0; round < ROUNDS; round++) {
        struct node *mine = owned[me];
        atomic_store_explicit(&mine->taken, true, relaxed);
        struct node *before = atomic_exchange_explicit(&tail, mine, acq_rel);
        while (atomic_load_explicit(&before->taken, ACQUIRE))
            ;
        counter++;
        atomic_store_explicit(&mine->taken, false, RELEASE);
#ifndef KEEPS_OWN
        owned[me] = before;
#endif
    }
}

int main(void) {
    struct node nodes[THREADS + 1];
    for (int n = 0; n <= THREADS; n++) atomic_init(&nodes[n].taken, false);
    for (int t = 0; t < THREADS; t++) owned[t] = &nodes[t];
    atomic_init(&tail, &nodes[THREADS]);
    TOGETHER(worker, worker);
    assert(counter == THREADS * ROUNDS);
    return 0;
}
