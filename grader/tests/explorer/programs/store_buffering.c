/* store_buffering.c - each thread writes its own word and reads the other's; one must see it.
 *
 * FENCES: relaxed accesses with a seq_cst fence between them.
 *
 * Source: S. V. Adve, K. Gharachorloo, "Shared memory consistency models: a tutorial", IEEE
 *         Computer 29(12), 1996, figure 5: Dekker's core.
 * Bugs:   ACQ_REL         release and acquire: both may read the old value
 *         ONE_FENCE       a fence in one thread only
 */
#include "corpus.h"

#if defined(FENCES) || defined(ONE_FENCE)
#define STORE relaxed
#define LOAD  relaxed
#elif defined(ACQ_REL)
#define STORE release
#define LOAD  acquire
#else
#define STORE seq_cst
#define LOAD  seq_cst
#endif

static atomic_int word[2];
static int seen[2];

static void worker(int me) {
    atomic_store_explicit(&word[me], 1, STORE);
#if defined(FENCES)
    atomic_thread_fence(seq_cst);
#elif defined(ONE_FENCE)
    if (me == 0) atomic_thread_fence(seq_cst);
#endif
    seen[me] = atomic_load_explicit(&word[1 - me], LOAD);
}

int main(void) {
    TOGETHER(worker, worker);
    assert(seen[0] == 1 || seen[1] == 1);
    return 0;
}
