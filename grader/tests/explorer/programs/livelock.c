/* livelock.c - loops that wait for another thread, which always comes; or never.
 *
 * Bugs:   AFTER_YOU       each waits until the other's flag is down
 *         NOBODY          the flag that is waited for is set by nobody
 *         WRONG_VALUE     it is set, but not to what is waited for
 *         TWO_LOCKS       two spin locks taken in opposite orders
 */
#include "corpus.h"

static struct { atomic_int flag[2], stage; } shared;

static void spin_until(atomic_int *word, int value) {
    while (atomic_load_explicit(word, acquire) != value)
        ;
}

static void spin_lock(atomic_int *word) {
    int expected = 0;
    while (!atomic_compare_exchange_strong_explicit(word, &expected, 1, acquire, relaxed))
        expected = 0;
}

static void worker(int me) {
#if defined(AFTER_YOU)
    atomic_store_explicit(&shared.flag[me], 1, seq_cst);
    spin_until(&shared.flag[1 - me], 0);
    atomic_store_explicit(&shared.flag[me], 0, release);
#elif defined(TWO_LOCKS)
    spin_lock(&shared.flag[me]);
    spin_lock(&shared.flag[1 - me]);
    atomic_store_explicit(&shared.flag[1 - me], 0, release);
    atomic_store_explicit(&shared.flag[me], 0, release);
#elif defined(NOBODY)
    if (me == 0) spin_until(&shared.stage, 1);
#elif defined(WRONG_VALUE)
    if (me == 0) spin_until(&shared.stage, 1);
    if (me == 1) atomic_store_explicit(&shared.stage, 2, release);
#else
    if (me == 0) atomic_store_explicit(&shared.stage, 1, release);
    if (me == 1) spin_until(&shared.stage, 1);
    spin_lock(&shared.flag[0]);
    atomic_store_explicit(&shared.flag[0], 0, release);
#endif
}

int main(void) {
    (void)spin_until;
    (void)spin_lock;
    TOGETHER(worker, worker);
    return 0;
}
