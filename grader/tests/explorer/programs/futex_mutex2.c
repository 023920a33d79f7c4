/* futex_mutex2.c - Drepper's second futex mutex: 0 free, 1 held, 2 held and perhaps waited for.
 *
 * Source: U. Drepper, "Futexes are tricky", 2011, section 5.
 * Bugs:   WAKES_FIRST     unlock wakes, then frees: the woken one sleeps again, for ever
 *         TAKES_AS_ONE    a woken thread takes the lock as if nobody else waited
 *         SLEEPS_ON_ANY   sleeps on whatever the word holds now
 *         NO_LOOP         believes that it has the lock because it was woken
 *         (THREE: with three threads)
 */
#include "corpus.h"

static _Atomic(uint32_t) word;
static int counter;

static uint32_t compare_exchange(uint32_t expected, uint32_t desired) {
    atomic_compare_exchange_strong_explicit(&word, &expected, desired, acquire, acquire);
    return expected;
}

#ifdef TAKES_AS_ONE
enum { TAKEN_AFTER_SLEEP = 1 };
#else
enum { TAKEN_AFTER_SLEEP = 2 };
#endif

static void lock(void) {
    uint32_t seen = compare_exchange(0, 1);
    while (seen != 0) {
        if (seen == 2 || compare_exchange(1, 2) != 0) {
#ifdef SLEEPS_ON_ANY
            futex_sleep(&word, atomic_load_explicit(&word, relaxed));
#else
            futex_sleep(&word, 2);
#endif
        }
#ifdef NO_LOOP
        return;
#endif
        seen = compare_exchange(0, TAKEN_AFTER_SLEEP);
    }
}

static void unlock(void) {
#ifdef WAKES_FIRST
    futex_rouse(&word, 1);
    atomic_store_explicit(&word, 0, release);
#else
    if (atomic_fetch_sub_explicit(&word, 1, release) == 1) return;
    atomic_store_explicit(&word, 0, release);
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
