/* futex_freed.c - a one-shot event on the heap: the waiter frees it while the setter still wakes.
 *
 * FUTEX_WAKE takes an address and never reads what is there, so waking freed memory is harmless.
 * Touching the word once more is not.
 *
 * Source: futex(2); U. Drepper, "Futexes are tricky", 2011; the glibc discussion of bug 13690.
 * Bugs:   TOUCHES_AGAIN   the setter writes to the event after it has set it
 */
#include "corpus.h"

struct event {
    _Atomic(uint32_t) set;
    atomic_int times;
};

static struct event *shared;

static void waiter(int me) {
    (void)me;
    while (!atomic_load_explicit(&shared->set, acquire)) futex_sleep(&shared->set, 0);
    free(shared);
}

static void setter(int me) {
    (void)me;
    struct event *event = shared;
    atomic_store_explicit(&event->set, 1, release);
    futex_rouse(&event->set, 1);
#ifdef TOUCHES_AGAIN
    atomic_store_explicit(&event->times, 1, relaxed);
#endif
}

int main(void) {
    shared = malloc(sizeof *shared);
    assert(shared);
    atomic_init(&shared->set, 0);
    atomic_init(&shared->times, 0);
    TOGETHER(waiter, setter);
    return 0;
}
