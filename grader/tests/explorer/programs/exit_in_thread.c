/* exit_in_thread.c - a thread ends the whole program while main waits for another.
 *
 * Bugs:   EXIT_HANDLER    what runs at exit asserts what only the other thread would make true
 */
#include "corpus.h"

static atomic_int done;

static void at_exit(void) {
#ifdef EXIT_HANDLER
    assert(atomic_load_explicit(&done, relaxed) == 1);
#endif
}

static void worker(int me) {
    (void)me;
    atomic_store_explicit(&done, 1, relaxed);
}

static void leaver(int me) {
    (void)me;
    exit(0);
}

int main(void) {
    atexit(at_exit);
    TOGETHER(worker, leaver);
    return 0;
}
