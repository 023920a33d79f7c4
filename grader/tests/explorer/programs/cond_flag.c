/* cond_flag.c - one thread waits for a flag that another sets.
 *
 * Source: A. D. Birrell, "An introduction to programming with threads", DEC SRC report 35, 1989.
 * Bugs:   NO_LOCK         sets the (atomic) flag without the mutex: between look and sleep
 *         SIGNAL_FIRST    signals, unlocks, and sets the flag only then
 *         NO_PREDICATE    waits without looking: the signal may have come before
 */
#include "corpus.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static atomic_bool flag;

static void waiter(int me) {
    (void)me;
    pthread_mutex_lock(&mutex);
#ifdef NO_PREDICATE
    pthread_cond_wait(&changed, &mutex);
#else
    while (!atomic_load_explicit(&flag, relaxed)) pthread_cond_wait(&changed, &mutex);
#endif
    pthread_mutex_unlock(&mutex);
}

static void setter(int me) {
    (void)me;
#if defined(NO_LOCK)
    atomic_store_explicit(&flag, true, relaxed);
    pthread_cond_signal(&changed);
#elif defined(SIGNAL_FIRST)
    pthread_mutex_lock(&mutex);
    pthread_cond_signal(&changed);
    pthread_mutex_unlock(&mutex);
    atomic_store_explicit(&flag, true, relaxed);
#else
    pthread_mutex_lock(&mutex);
    atomic_store_explicit(&flag, true, relaxed);
    pthread_mutex_unlock(&mutex);
    pthread_cond_signal(&changed);
#endif
}

int main(void) {
    TOGETHER(waiter, setter);
    return 0;
}
