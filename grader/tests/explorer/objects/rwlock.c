/* rwlock.c - a writer and READERS readers. With two readers: their locks and unlocks come in 4! /
 * 2!^2 = 6 orders; the writer fits before, behind, and, in the two of them where the readers do not
 * overlap, between: 2 * 3 + 4 * 2 = 14 executions. */
#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stddef.h>

#include "outcome.h"

#ifndef READERS
#define READERS 1
#endif

static pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
static int data[2];

static void *write_both(void *unused) {
#ifdef WRITE_AS_READER
    pthread_rwlock_rdlock(&lock);
#else
    pthread_rwlock_wrlock(&lock);
#endif
    data[0]++;
    data[1]++;
    pthread_rwlock_unlock(&lock);
    return unused;
}

static void *read_both(void *unused) {
    pthread_rwlock_rdlock(&lock);
    assert(data[0] == data[1]);
#ifdef UPGRADE
    pthread_rwlock_wrlock(&lock);
#endif
    pthread_rwlock_unlock(&lock);
    return unused;
}

#ifdef TRY
/* Beside a thread that reads and then writes: which attempts succeed. */
static void *read_then_write(void *unused) {
    read_both(NULL);
    write_both(NULL);
    return unused;
}

int main(void) {
    pthread_t thread;
    pthread_create(&thread, NULL, read_then_write, NULL);
    int read = pthread_rwlock_tryrdlock(&lock);
    if (!read) {
        assert(data[0] == data[1]);
        pthread_rwlock_unlock(&lock);
    }
    int write = pthread_rwlock_trywrlock(&lock);
    if (!write) {
        data[0]++, data[1]++;
        assert(pthread_rwlock_rdlock(&lock) == EDEADLK);
        assert(pthread_rwlock_trywrlock(&lock) == EBUSY);
        pthread_rwlock_unlock(&lock);
    }
    assert((!read || read == EBUSY) && (!write || write == EBUSY));
    pthread_join(thread, NULL);
    outcome("r%d w%d", !read, !write);
}
#else
int main(void) {
    pthread_t writer, readers[READERS];
#ifdef UNLOCK_FREE
    pthread_rwlock_unlock(&lock);
#endif
    pthread_create(&writer, NULL, write_both, NULL);
    for (int r = 0; r < READERS; r++) pthread_create(&readers[r], NULL, read_both, NULL);
    pthread_join(writer, NULL);
    for (int r = 0; r < READERS; r++) pthread_join(readers[r], NULL);
    assert(pthread_rwlock_destroy(&lock) == 0);
}
#endif
