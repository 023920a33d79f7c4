/* ticket.c - a ticket lock: draw a number, wait until it is served.
 *
 * Source: D. P. Reed, R. K. Kanodia, "Synchronization with eventcounts and sequencers",
 *         Communications of the ACM 22(2), 1979.
 * Bugs:   LOAD_STORE      draws by a load and a store: two threads get one number
 *         RELAXED         the hand-over orders nothing
 */
#include "corpus.h"

#ifdef RELAXED
#define ACQUIRE relaxed
#define RELEASE relaxed
#else
#define ACQUIRE acquire
#define RELEASE release
#endif

enum { THREADS = 3 };

static atomic_uint next, serving;
static int counter;

static unsigned draw(void) {
#ifdef LOAD_STORE
    unsigned mine = atomic_load_explicit(&next, relaxed);
    atomic_store_explicit(&next, mine + 1, relaxed);
    return mine;
#else
    return atomic_fetch_add_explicit(&next, 1, relaxed);
#endif
}

static void worker(int me) {
    (void)me;
    unsigned mine = draw();
    while (atomic_load_explicit(&serving, ACQUIRE) != mine)
        ;
    counter++;
    atomic_store_explicit(&serving, mine + 1, RELEASE);
}

int main(void) {
    TOGETHER(worker, worker, worker);
    assert(counter == THREADS);
    return 0;
}
