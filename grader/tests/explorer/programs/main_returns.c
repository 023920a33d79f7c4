/* main_returns.c - the program ends while a detached thread still works: allowed, and each point
 * at which it may be cut off is an outcome.
 *
 * Bugs:   NEEDS_THE_END   main believes that the thread has finished
 * PTHREAD_EXIT: main leaves by pthread_exit, and the program ends with its last thread.
 */
#include "corpus.h"

static atomic_int progress;

static void *work(void *argument) {
    (void)argument;
    atomic_store_explicit(&progress, 1, relaxed);
    atomic_store_explicit(&progress, 2, relaxed);
    return NULL;
}

int main(void) {
    pthread_t thread;
    pthread_create(&thread, NULL, work, NULL);
    pthread_detach(thread);
#ifdef NEEDS_THE_END
    assert(atomic_load_explicit(&progress, relaxed) == 2);
#endif
#ifdef PTHREAD_EXIT
    pthread_exit(NULL);
#endif
    return 0;
}
