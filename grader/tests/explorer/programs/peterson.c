/* peterson.c - Peterson's lock for two threads.
 *
 * Source: G. L. Peterson, "Myths about the mutual exclusion problem", Information Processing
 *         Letters 12(3), 1981. EXCHANGE is Anthony Williams's form with one acquire-release
 *         exchange ("Peterson's lock with C++0x atomics", 2008).
 * Bugs:   NO_FENCE        acquire and release only: each may miss the other's flag (store
 *                         buffering)
 *         TURN_FIRST      gives way before it has shown interest
 */
#include "corpus.h"

#ifdef NO_FENCE
#define STORE release
#define LOAD  acquire
#else
#define STORE seq_cst
#define LOAD  seq_cst
#endif

static atomic_int interested[2], turn;
static int counter;

static void lock(int me) {
    int other = 1 - me;
#if defined(EXCHANGE)
    atomic_store_explicit(&interested[me], 1, relaxed);
    atomic_exchange_explicit(&turn, other, acq_rel);
    while (atomic_load_explicit(&interested[other], acquire) &&
           atomic_load_explicit(&turn, relaxed) == other)
        ;
#else
#ifdef TURN_FIRST
    atomic_store_explicit(&turn, other, STORE);
    atomic_store_explicit(&interested[me], 1, STORE);
#else
    atomic_store_explicit(&interested[me], 1, STORE);
    atomic_store_explicit(&turn, other, STORE);
#endif
    while (atomic_load_explicit(&interested[other], LOAD) &&
           atomic_load_explicit(&turn, LOAD) == other)
        ;
#endif
}

static void unlock(int me) { atomic_store_explicit(&interested[me], 0, release); }

static void worker(int me) {
    lock(me);
    counter++;
    unlock(me);
}

int main(void) {
    TOGETHER(worker, worker);
    assert(counter == 2);
    return 0;
}
