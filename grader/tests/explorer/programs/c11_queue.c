/* c11_queue.c - C11 threads: a queue of one slot between two threads.
 *
 * Bugs:   NO_LOCK         signals before the item is there, without the mutex
 *         NO_SIGNAL       take does not signal
 */
#include <threads.h>

#include "corpus.h"

enum { ITEMS = 2 };

static mtx_t mutex;
static cnd_t changed;
static int slot; /* 0: empty */

static int producer(void *argument) {
    (void)argument;
    for (int n = 1; n <= ITEMS; n++) {
#ifdef NO_LOCK
        cnd_signal(&changed);
        slot = n;
#else
        mtx_lock(&mutex);
        while (slot != 0) cnd_wait(&changed, &mutex);
        slot = n;
        cnd_signal(&changed);
        mtx_unlock(&mutex);
#endif
    }
    return 0;
}

static int consumer(void *argument) {
    (void)argument;
    for (int n = 1; n <= ITEMS; n++) {
        mtx_lock(&mutex);
        while (slot == 0) cnd_wait(&changed, &mutex);
        assert(slot == n);
        slot = 0;
#ifndef NO_SIGNAL
        cnd_signal(&changed);
#endif
        mtx_unlock(&mutex);
    }
    return 0;
}

int main(void) {
    thrd_t threads[2];
    mtx_init(&mutex, mtx_plain);
    cnd_init(&changed);
    thrd_create(&threads[0], producer, NULL);
    thrd_create(&threads[1], consumer, NULL);
    for (int t = 0; t < 2; t++) thrd_join(threads[t], NULL);
    cnd_destroy(&changed);
    mtx_destroy(&mutex);
    return 0;
}
