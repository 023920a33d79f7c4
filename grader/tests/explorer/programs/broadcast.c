/* broadcast.c - a gate that opens once for all who wait at it.
 *
 * Bugs:   SIGNAL          wakes one of the two
 */
#include "corpus.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t opened = PTHREAD_COND_INITIALIZER;
static bool open;
static int passed;

static void visitor(int me) {
    (void)me;
    pthread_mutex_lock(&mutex);
    while (!open) pthread_cond_wait(&opened, &mutex);
    passed++;
    pthread_mutex_unlock(&mutex);
}

static void keeper(int me) {
    (void)me;
    pthread_mutex_lock(&mutex);
    open = true;
#ifdef SIGNAL
    pthread_cond_signal(&opened);
#else
    pthread_cond_broadcast(&opened);
#endif
    pthread_mutex_unlock(&mutex);
}

int main(void) {
    TOGETHER(visitor, visitor, keeper);
    assert(passed == 2);
    return 0;
}
