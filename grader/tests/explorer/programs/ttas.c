/* ttas.c - a test-and-test-and-set lock: wait until it looks free, then exchange.
 *
 * Source: L. Rudolph, Z. Segall, "Dynamic decentralized cache schemes for MIMD parallel
 *         processors", ISCA 1984.
 * Bugs:   NO_RETRY        takes the lock without looking at what the exchange found
 *         RELAXED         neither end orders anything
 */
#include <sched.h>

#include "corpus.h"

#ifdef RELAXED
#define ACQUIRE relaxed
#define RELEASE relaxed
#else
#define ACQUIRE acquire
#define RELEASE release
#endif

static atomic_int taken;
static int counter;

static void lock(void) {
    for (;;) {
        while (atomic_load_explicit(&taken, relaxed)) sched_yield();
        int was = atomic_exchange_explicit(&taken, 1, ACQUIRE);
#ifdef NO_RETRY
        (void)was;
        return;
#else
        if (!was) return;
#endif
    }
}

static void worker(int me) {
    (void)me;
    lock();
    counter++;
    atomic_store_explicit(&taken, 0, RELEASE);
}

int main(void) {
    TOGETHER(worker, worker, worker);
    assert(counter == 3);
    return 0;
}
