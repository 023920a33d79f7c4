/* lost_update.c - counting by fetch_add, or by two steps between which others count too.
 *
 * Bugs:   LOAD_STORE      load and store, both atomic, both seq_cst
 *         PLAIN           an int
 *         CAS_ONCE        compare-exchange without trying again
 */
#include "corpus.h"

#ifdef PLAIN
static int counter;
#else
static atomic_int counter;
#endif

static void worker(int me) {
    (void)me;
#if defined(PLAIN)
    counter++;
#elif defined(LOAD_STORE)
    int seen = atomic_load_explicit(&counter, seq_cst);
    atomic_store_explicit(&counter, seen + 1, seq_cst);
#elif defined(CAS_ONCE)
    int seen = atomic_load_explicit(&counter, seq_cst);
    atomic_compare_exchange_strong_explicit(&counter, &seen, seen + 1, seq_cst, seq_cst);
#else
    atomic_fetch_add_explicit(&counter, 1, relaxed);
#endif
}

int main(void) {
    TOGETHER(worker, worker, worker);
    assert(counter == 3);
    return 0;
}
