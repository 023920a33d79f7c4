/* latch.c - a count-down latch on a futex: one waits until all have arrived.
 *
 * Bugs:   LOAD_STORE      counts down by a load and a store
 *         WAKES_FIRST     wakes at the first arrival, not at the last
 *         RELAXED         arriving releases nothing
 */
#include "corpus.h"

#ifdef RELAXED
#define ARRIVE relaxed
#else
#define ARRIVE release
#endif

static _Atomic(uint32_t) missing = 2;
static int parts[2];

static void arrive(void) {
#if defined(LOAD_STORE)
    uint32_t before = atomic_load_explicit(&missing, relaxed);
    atomic_store_explicit(&missing, before - 1, ARRIVE);
#else
    uint32_t before = atomic_fetch_sub_explicit(&missing, 1, ARRIVE);
#endif
#ifdef WAKES_FIRST
    if (before == 2) futex_rouse(&missing, INT32_MAX);
#else
    if (before == 1) futex_rouse(&missing, INT32_MAX);
#endif
}

static void worker(int me) {
    parts[me] = me + 1;
    arrive();
}

static void collector(int me) {
    (void)me;
    for (uint32_t seen; (seen = atomic_load_explicit(&missing, acquire)) != 0;)
        futex_sleep(&missing, seen);
    assert(parts[0] + parts[1] == 3);
}

int main(void) {
    TOGETHER(worker, worker, collector);
    return 0;
}
