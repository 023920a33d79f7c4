/* mutex.c - THREADS threads lock a mutex ROUNDS times each: one execution for each order of the
 * critical sections, (THREADS * ROUNDS)! / (ROUNDS! ^ THREADS). */
#include <assert.h>
#include <pthread.h>
#include <stddef.h>

#ifndef THREADS
#define THREADS 2
#endif
#ifndef ROUNDS
#define ROUNDS 1
#endif

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static int counter;

static void *count(void *unused) {
    for (int round = 0; round < ROUNDS; round++) {
        pthread_mutex_lock(&mutex);
        counter++;
        pthread_mutex_unlock(&mutex);
    }
    return unused;
}

int main(void) {
    pthread_t threads[THREADS];
    for (int t = 0; t < THREADS; t++) pthread_create(&threads[t], NULL, count, NULL);
    for (int t = 0; t < THREADS; t++) pthread_join(threads[t], NULL);
    assert(counter == THREADS * ROUNDS);
}
