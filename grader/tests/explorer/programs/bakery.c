/* bakery.c - Lamport's bakery lock.
 *
 * Source: L. Lamport, "A new solution of Dijkstra's concurrent programming problem", Communications
 *         of the ACM 17(8), 1974.
 * Bugs:   NO_CHOOSING     nobody waits for a thread that is still drawing its number
 *         NO_FENCE        acquire and release only: both may miss the other's number
 */
#include "corpus.h"

#ifdef NO_FENCE
#define STORE release
#define LOAD  acquire
#else
#define STORE seq_cst
#define LOAD  seq_cst
#endif

enum { THREADS = 2 };

static atomic_int choosing[THREADS], number[THREADS];
static int counter;

static void draw(int me) {
    atomic_store_explicit(&choosing[me], 1, STORE);
    int greatest = 0;
    for (int t = 0; t < THREADS; t++) {
        if (t == me) continue;
        int theirs = atomic_load_explicit(&number[t], LOAD);
        if (theirs > greatest) greatest = theirs;
    }
    atomic_store_explicit(&number[me], greatest + 1, STORE);
    atomic_store_explicit(&choosing[me], 0, STORE);
}

static bool goes_first(int other, int theirs, int me, int mine) {
    return theirs != 0 && (theirs < mine || (theirs == mine && other < me));
}

static void lock(int me) {
    draw(me);
    int mine = atomic_load_explicit(&number[me], relaxed);
    for (int t = 0; t < THREADS; t++) {
        if (t == me) continue;
#ifndef NO_CHOOSING
        while (atomic_load_explicit(&choosing[t], LOAD))
            ;
#endif
        while (goes_first(t, atomic_load_explicit(&number[t], LOAD), me, mine))
            ;
    }
}

static void unlock(int me) { atomic_store_explicit(&number[me], 0, STORE); }

static void worker(int me) {
    lock(me);
    counter++;
    unlock(me);
}

int main(void) {
    TOGETHER(worker, worker);
    assert(counter == THREADS);
    return 0;
}
