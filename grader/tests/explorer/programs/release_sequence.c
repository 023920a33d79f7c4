/* release_sequence.c - a reader of a counter that others have incremented since it was released.
 *
 * Source: ISO/IEC 9899:2018, 5.1.2.4 paragraph 10: the release sequence.
 * Bugs:   STORE           the one in between stores instead: the sequence is broken
 */
#include "corpus.h"

static int data;
static atomic_int stage;

static void sender(int me) {
    (void)me;
    data = 42;
    atomic_store_explicit(&stage, 1, release);
}

static void between(int me) {
    (void)me;
#ifdef STORE
    if (atomic_load_explicit(&stage, relaxed) == 1) atomic_store_explicit(&stage, 2, relaxed);
#else
    int expected = 1;
    atomic_compare_exchange_strong_explicit(&stage, &expected, 2, relaxed, relaxed);
#endif
}

static void receiver(int me) {
    (void)me;
    if (atomic_load_explicit(&stage, acquire) == 2) assert(data == 42);
}

int main(void) {
    TOGETHER(sender, between, receiver);
    return 0;
}
