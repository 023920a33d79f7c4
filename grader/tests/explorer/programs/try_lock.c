/* try_lock.c - a lock that is asked once: who does not get it does without.
 *
 * Bugs:   CHECK_THEN_SET  looks, then sets: two may have looked
 *         UNLOCKS_ANYWAY  unlocks even if it was refused: lets a second one in
 *         RELAXED         a successful try acquires nothing
 */
#include "corpus.h"

#ifdef RELAXED
#define ACQUIRE relaxed
#else
#define ACQUIRE acquire
#endif

static atomic_bool taken;
static int counter;

static bool try_lock(void) {
#ifdef CHECK_THEN_SET
    if (atomic_load_explicit(&taken, ACQUIRE)) return false;
    atomic_store_explicit(&taken, true, relaxed);
    return true;
#else
    return !atomic_exchange_explicit(&taken, true, ACQUIRE);
#endif
}

static void worker(int me) {
    (void)me;
    bool got = try_lock();
    if (got) counter++;
#ifdef UNLOCKS_ANYWAY
    got = true;
#endif
    if (got) atomic_store_explicit(&taken, false, release);
}

int main(void) {
    TOGETHER(worker, worker, worker);
    assert(counter >= 1);
    return 0;
}
