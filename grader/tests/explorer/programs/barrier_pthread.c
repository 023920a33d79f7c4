/* barrier_pthread.c - two phases of work with a pthread barrier between them.
 *
 * Bugs:   ONE_TOO_MANY    the barrier waits for a third thread
 *         LEAVES          a thread without work for the second phase does not come
 *         NO_BARRIER      the second phase starts when it likes
 */
#include "corpus.h"

static pthread_barrier_t barrier;
static int first[2], second[2];

static void meet(void) {
#ifndef NO_BARRIER
    pthread_barrier_wait(&barrier);
#endif
}

static void worker(int me) {
    first[me] = me + 1;
    meet();
#ifdef LEAVES
    if (me == 1) return;
#endif
    second[me] = first[1 - me];
    meet();
    assert(second[0] + second[1] == 3);
}

int main(void) {
#ifdef ONE_TOO_MANY
    pthread_barrier_init(&barrier, NULL, 3);
#else
    pthread_barrier_init(&barrier, NULL, 2);
#endif
    TOGETHER(worker, worker);
    pthread_barrier_destroy(&barrier);
    return 0;
}
