/* barrier.c - THREADS threads meet ROUNDS times: THREADS! orders of arrival for each round. What
 * each wrote before is there behind. */
#include <assert.h>
#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

#ifndef THREADS
#define THREADS 3
#endif
#ifndef ROUNDS
#define ROUNDS 1
#endif

static pthread_barrier_t barrier;
static int written[ROUNDS][THREADS];

static void *meet(void *which) {
    int me = (int)(intptr_t)which, last = 0;
    for (int round = 0; round < ROUNDS; round++) {
        written[round][me] = round + 1;
        last += pthread_barrier_wait(&barrier) == PTHREAD_BARRIER_SERIAL_THREAD;
        for (int t = 0; t < THREADS; t++) assert(written[round][t] == round + 1);
    }
    return (void *)(intptr_t)last;
}

int main(void) {
    pthread_t threads[THREADS];
    void *last;
    intptr_t sum = 0;
    assert(pthread_barrier_init(&barrier, NULL, 0) != 0);
#ifdef TOO_FEW
    pthread_barrier_init(&barrier, NULL, THREADS + 1);
#else
    pthread_barrier_init(&barrier, NULL, THREADS);
#endif
    for (int t = 0; t < THREADS; t++) pthread_create(&threads[t], NULL, meet, (void *)(intptr_t)t);
    for (int t = 0; t < THREADS; t++) {
        pthread_join(threads[t], &last);
        sum += (intptr_t)last;
    }
    assert(sum == ROUNDS);
    assert(pthread_barrier_destroy(&barrier) == 0);
}
