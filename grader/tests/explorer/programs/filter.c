/* filter.c - Peterson's filter lock for three threads: at each of two levels one stays behind.
 *
 * Source: G. L. Peterson, "Myths about the mutual exclusion problem", Information Processing
 *         Letters 12(3), 1981.
 * Bugs:   ONE_LEVEL       a filter for two threads, used by three
 */
#include "corpus.h"

enum { THREADS = 3 };
#ifdef ONE_LEVEL
enum { LEVELS = 1 };
#else
enum { LEVELS = 2 };
#endif

static atomic_int level[THREADS], victim[LEVELS + 1];
static int counter;

static bool somebody_else_at(int at_least, int me) {
    for (int t = 0; t < THREADS; t++)
        if (t != me && atomic_load_explicit(&level[t], seq_cst) >= at_least) return true;
    return false;
}

static void worker(int me) {
    for (int stage = 1; stage <= LEVELS; stage++) {
        atomic_store_explicit(&level[me], stage, seq_cst);
        atomic_store_explicit(&victim[stage], me, seq_cst);
        while (atomic_load_explicit(&victim[stage], seq_cst) == me && somebody_else_at(stage, me))
            ;
    }
    counter++;
    atomic_store_explicit(&level[me], 0, seq_cst);
}

int main(void) {
    TOGETHER(worker, worker, worker);
    assert(counter == THREADS);
    return 0;
}
