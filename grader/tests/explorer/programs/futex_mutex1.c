/* futex_mutex1.c - Drepper's first futex mutex: each waiter counts up, and changes what the others
 * were about to sleep on.
 *
 * With two threads it is correct. With three (THREE), two waiters can keep each other awake for
 * ever, counting: a run has no end, and no number of runs is all. It is also the one that wraps
 * round after 2^32 rounds.
 *
 * Source: U. Drepper, "Futexes are tricky", 2011, section 4.
 */
#include "corpus.h"

static _Atomic(uint32_t) word;
static int counter;

static void lock(void) {
    uint32_t seen;
    while ((seen = atomic_fetch_add_explicit(&word, 1, acquire)) != 0) futex_sleep(&word, seen + 1);
}

static void unlock(void) {
    atomic_store_explicit(&word, 0, release);
    futex_rouse(&word, 1);
}

static void worker(int me) {
    (void)me;
    lock();
    counter++;
    unlock();
}

int main(void) {
#ifdef THREE
    TOGETHER(worker, worker, worker);
    assert(counter == 3);
#else
    TOGETHER(worker, worker);
    assert(counter == 2);
#endif
    return 0;
}
