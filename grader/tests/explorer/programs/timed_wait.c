/* timed_wait.c - a condition is waited for until a deadline; both ends of the wait must be handled.
 *
 * Bugs:   ASSUMES_WOKEN   takes the return for the condition
 *         GIVES_UP_EARLY  after a timeout does not look at the condition once more
 */
#include <errno.h>
#include <time.h>

#include "corpus.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static bool ready;
static int result; /* 1: seen, 2: timed out */

static void waiter(int me) {
    (void)me;
    struct timespec deadline;
    clock_gettime(CLOCK_REALTIME, &deadline);
    deadline.tv_nsec += 1000000;
    if (deadline.tv_nsec >= 1000000000) {
        deadline.tv_sec++;
        deadline.tv_nsec -= 1000000000;
    }
    int error = 0;
    pthread_mutex_lock(&mutex);
    while (!ready && error != ETIMEDOUT)
        error = pthread_cond_timedwait(&changed, &mutex, &deadline);
#if defined(ASSUMES_WOKEN)
    assert(ready);
#elif defined(GIVES_UP_EARLY)
    assert(!(error == ETIMEDOUT && ready)); /* "timed out, so it was not ready" */
#endif
    result = ready ? 1 : 2;
    pthread_mutex_unlock(&mutex);
}

static void setter(int me) {
    (void)me;
    pthread_mutex_lock(&mutex);
    ready = true;
    pthread_cond_signal(&changed);
    pthread_mutex_unlock(&mutex);
}

int main(void) {
    TOGETHER(waiter, setter);
    assert(result == 1 || result == 2);
    return 0;
}
