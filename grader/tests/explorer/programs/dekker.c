/* dekker.c - Dekker's lock: the first solution of mutual exclusion for two threads.
 *
 * Source: E. W. Dijkstra, "Cooperating sequential processes" (EWD 123), 1965, section 2.1.
 * Bugs:   NO_FENCE        acquire and release only: both may see the other's flag down
 *         KEEPS_FLAG      waits for its turn with its flag up: the other never gets past it
 */
#include "corpus.h"

#ifdef NO_FENCE
#define STORE release
#define LOAD  acquire
#else
#define STORE seq_cst
#define LOAD  seq_cst
#endif

static atomic_int flag[2], turn;
static int counter;

static void lock(int me) {
    int other = 1 - me;
    atomic_store_explicit(&flag[me], 1, STORE);
    while (atomic_load_explicit(&flag[other], LOAD)) {
        if (atomic_load_explicit(&turn, LOAD) == me) continue;
#ifndef KEEPS_FLAG
        atomic_store_explicit(&flag[me], 0, STORE);
#endif
        while (atomic_load_explicit(&turn, LOAD) != me)
            ;
        atomic_store_explicit(&flag[me], 1, STORE);
    }
}

static void unlock(int me) {
    atomic_store_explicit(&turn, 1 - me, STORE);
    atomic_store_explicit(&flag[me], 0, STORE);
}

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
