/* tas.c - a test-and-set lock, taken twice by each of two threads.
 *
 * Source: M. Herlihy, N. Shavit, "The Art of Multiprocessor Programming", 2008, section 7.2.
 * Bugs:   RELAXED_UNLOCK  the unlocking store releases nothing
 *         RELAXED_LOCK    the exchange acquires nothing
 *         CHECK_THEN_SET  looks, then sets: two may have looked
 */
#include "corpus.h"

#ifdef RELAXED_UNLOCK
#define RELEASE relaxed
#else
#define RELEASE release
#endif
#ifdef RELAXED_LOCK
#define ACQUIRE relaxed
#else
#define ACQUIRE acquire
#endif

static atomic_bool taken;
static int counter;

static void lock(void) {
#ifdef CHECK_THEN_SET
    while (atomic_load_explicit(&taken, ACQUIRE))
        ;
    atomic_store_explicit(&taken, true, relaxed);
#else
    while (atomic_exchange_explicit(&taken, true, ACQUIRE))
        ;
#endif
}

static void unlock(void) { atomic_store_explicit(&taken, false, RELEASE); }

static void worker(int me) {
    (void)me;
    for (int round = 0; round < 2; round++) {
        lock();
        counter++;
        unlock();
    }
}

int main(void) {
    TOGETHER(worker, worker);
    assert(counter == 4);
    return 0;
}
