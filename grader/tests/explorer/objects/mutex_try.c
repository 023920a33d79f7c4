/* mutex_try.c - an attempt beside a holder: it succeeds before or behind, or fails while the mutex
 * is held. TIMED: with a deadline, which changes nothing but the name of the failure. LOOP: again
 * and again, which only waits. */
#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stddef.h>
#include <time.h>

#include "outcome.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static int counter;

static int attempt(void) {
#ifdef TIMED
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec++;
    int error = pthread_mutex_timedlock(&mutex, &until);
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    assert(error != ETIMEDOUT || now.tv_sec >= until.tv_sec);
    return error == ETIMEDOUT ? EBUSY : error;
#else
    return pthread_mutex_trylock(&mutex);
#endif
}

static void *holder(void *unused) {
    pthread_mutex_lock(&mutex);
    counter++;
    pthread_mutex_unlock(&mutex);
    return unused;
}

int main(void) {
    pthread_t thread;
    pthread_create(&thread, NULL, holder, NULL);
    int error = attempt();
#ifdef LOOP
    while (error) error = attempt();
#endif
    if (!error) {
        counter++;
        pthread_mutex_unlock(&mutex);
    }
    pthread_join(thread, NULL);
    assert(counter == (error ? 1 : 2));
    outcome("%s", error ? "busy" : "locked");
}
