/* shutdown.c - a worker that sleeps for work until it is told to stop.
 *
 * Bugs:   STOP_UNLOCKED   sets "stop" without the mutex: between the worker's look and its sleep
 *         NO_BROADCAST    wakes one of two workers
 *         FREES_EARLY     frees the queue without waiting for the workers to leave it
 */
#include "corpus.h"

struct pool {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    atomic_bool stop;
};

static struct pool *pool;

static void *worker(void *argument) {
    (void)argument;
    pthread_mutex_lock(&pool->mutex);
    while (!atomic_load_explicit(&pool->stop, relaxed))
        pthread_cond_wait(&pool->changed, &pool->mutex);
    pthread_mutex_unlock(&pool->mutex);
    return NULL;
}

static void stop(void) {
#ifdef STOP_UNLOCKED
    atomic_store_explicit(&pool->stop, true, relaxed);
#else
    pthread_mutex_lock(&pool->mutex);
    atomic_store_explicit(&pool->stop, true, relaxed);
    pthread_mutex_unlock(&pool->mutex);
#endif
#ifdef NO_BROADCAST
    pthread_cond_signal(&pool->changed);
#else
    pthread_cond_broadcast(&pool->changed);
#endif
}

int main(void) {
    pthread_t threads[2];
    pool = malloc(sizeof *pool);
    assert(pool);
    pthread_mutex_init(&pool->mutex, NULL);
    pthread_cond_init(&pool->changed, NULL);
    atomic_init(&pool->stop, false);
    for (int t = 0; t < 2; t++) pthread_create(&threads[t], NULL, worker, NULL);
    stop();
#ifdef FREES_EARLY
    free(pool);
#endif
    for (int t = 0; t < 2; t++) pthread_join(threads[t], NULL);
#ifndef FREES_EARLY
    pthread_cond_destroy(&pool->changed);
    pthread_mutex_destroy(&pool->mutex);
    free(pool);
#endif
    return 0;
}
