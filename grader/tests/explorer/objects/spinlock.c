/* spinlock.c - three threads take a spin lock once each: 3! executions. */
#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stddef.h>

static pthread_spinlock_t lock;
static int counter;

static void *count(void *unused) {
    pthread_spin_lock(&lock);
    assert(pthread_spin_trylock(&lock) == EBUSY);
    counter++;
    pthread_spin_unlock(&lock);
    return unused;
}

int main(void) {
    pthread_t threads[3];
#ifndef STATIC
    pthread_spin_init(&lock, PTHREAD_PROCESS_PRIVATE);
#endif
#ifdef UNLOCK_FREE
    pthread_spin_unlock(&lock);
#endif
    for (int t = 0; t < 3; t++) pthread_create(&threads[t], NULL, count, NULL);
    for (int t = 0; t < 3; t++) pthread_join(threads[t], NULL);
    assert(counter == 3);
    assert(pthread_spin_destroy(&lock) == 0);
}
