/* sleep_sync.c - "by then it will be ready": a sleep is no synchronisation.
 *
 * Right: the writer is joined before the data are read.
 * Bugs:   SLEEPS          reads after a sleep
 *         SLEEPS_ATOMIC   the same with an atomic: no race, and still nothing orders it
 */
#include <time.h>

#include "corpus.h"

#ifdef SLEEPS_ATOMIC
static atomic_int data;
#else
static int data;
#endif

static void nap(void) { nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL); }

static void *writer(void *argument) {
    (void)argument;
    data = 1;
    return NULL;
}

int main(void) {
    pthread_t thread;
    pthread_create(&thread, NULL, writer, NULL);
    nap();
#if defined(SLEEPS) || defined(SLEEPS_ATOMIC)
    assert(data == 1);
    pthread_join(thread, NULL);
#else
    pthread_join(thread, NULL);
    assert(data == 1);
#endif
    return 0;
}
