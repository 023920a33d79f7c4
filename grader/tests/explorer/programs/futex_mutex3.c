/* futex_mutex3.c - Drepper's third futex mutex: as the second, with an exchange in the slow path.
 *
 * Source: U. Drepper, "Futexes are tricky", 2011, section 6.
 * Bugs:   STAYS_ONE       the waiter does not say that it waits: nobody wakes it
 *         RELAXED         the unlock orders nothing
 *         NO_WAKE         forgets the wake
 *         (THREE: with three threads)
 */
#include "corpus.h"

#ifdef RELAXED
#define RELEASE relaxed
#else
#define RELEASE release
#endif

static _Atomic(uint32_t) word;
static int counter;

static void lock(void) {
    uint32_t seen = 0;
    if (atomic_compare_exchange_strong_explicit(&word, &seen, 1, acquire, acquire)) return;
#ifdef STAYS_ONE
    while (atomic_load_explicit(&word, relaxed) != 0 ||
           atomic_exchange_explicit(&word, 1, acquire) != 0)
        futex_sleep(&word, 1);
#else
    if (seen != 2) seen = atomic_exchange_explicit(&word, 2, acquire);
    while (seen != 0) {
        futex_sleep(&word, 2);
        seen = atomic_exchange_explicit(&word, 2, acquire);
    }
#endif
}

static void unlock(void) {
    if (atomic_exchange_explicit(&word, 0, RELEASE) == 1) return;
#ifndef NO_WAKE
    futex_rouse(&word, 1);
#endif
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
