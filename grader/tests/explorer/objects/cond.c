/* cond.c - a condition variable: one waiter, one signaller, and what goes wrong. */
#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "outcome.h"

#ifndef WAITERS
#define WAITERS 1
#endif

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
#ifdef FLAG_WITHOUT_MUTEX
static atomic_bool ready;
#else
static bool ready;
#endif
static int data, passed;

static void wait_until_ready(void) {
#if defined IF_INSTEAD_OF_WHILE
    if (!ready) pthread_cond_wait(&cond, &mutex);
#elif defined TIMED
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec++;
    while (!ready)
        if (pthread_cond_timedwait(&cond, &mutex, &until) == ETIMEDOUT) break;
#else
    while (!ready) pthread_cond_wait(&cond, &mutex);
#endif
}

static void *waiter(void *unused) {
#ifdef UNLOCKED_WAIT
    pthread_cond_wait(&cond, &mutex);
    return unused;
#endif
    pthread_mutex_lock(&mutex);
    wait_until_ready();
#ifdef TIMED
    outcome("%s", ready ? "ready" : "late");
#else
    assert(ready && data == 1);
#endif
    passed++;
    pthread_mutex_unlock(&mutex);
    return unused;
}

static void set(void) {
#ifdef FLAG_WITHOUT_MUTEX
    data = 1;
    atomic_store_explicit(&ready, true, memory_order_release);
#else
    pthread_mutex_lock(&mutex);
    ready = true;
    data = 1;
    pthread_mutex_unlock(&mutex);
#endif
}

int main(void) {
    pthread_t threads[WAITERS];
    for (int t = 0; t < WAITERS; t++) pthread_create(&threads[t], NULL, waiter, NULL);
#ifdef SIGNAL_FIRST
    pthread_cond_signal(&cond);
    set();
#else
    set();
#ifdef BROADCAST
    pthread_cond_broadcast(&cond);
#elif !defined NEVER
    pthread_cond_signal(&cond);
#endif
#endif
#ifdef DESTROY_EARLY
    pthread_cond_destroy(&cond);
#endif
    for (int t = 0; t < WAITERS; t++) pthread_join(threads[t], NULL);
    assert(passed == WAITERS);
#ifndef DESTROY_EARLY
    assert(pthread_cond_destroy(&cond) == 0);
#endif
}
