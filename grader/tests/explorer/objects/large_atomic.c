/* large_atomic.c - an atomic object that no instruction can read at once: libatomic guards it.
 *
 * Each operation is a whole: a reader never sees half of a store.
 * Bugs:   PLAIN           the object is not atomic
 */
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>

#include "outcome.h"

#ifdef __clang__ /* that it is slow is the point */
#pragma clang diagnostic ignored "-Watomic-alignment"
#endif

struct triple {
    long a, b, c;
};

#ifdef PLAIN
static struct triple shared;
#define READ()     shared
#define WRITE(new) (shared = (new))
#else
static _Atomic(struct triple) shared;
#define READ()     atomic_load_explicit(&shared, memory_order_acquire)
#define WRITE(new) atomic_store_explicit(&shared, (new), memory_order_release)
#endif

static struct triple seen;

static void *store(void *unused) {
    (void)unused;
    struct triple ones = {1, 1, 1};
    WRITE(ones);
    return NULL;
}

static void *replace(void *unused) {
    (void)unused;
#ifndef PLAIN
    struct triple zeros = {0, 0, 0}, twos = {2, 2, 2};
    atomic_compare_exchange_strong_explicit(&shared, &zeros, twos, memory_order_acq_rel,
                                            memory_order_acquire);
#endif
    return NULL;
}

static void *load(void *unused) {
    (void)unused;
    seen = READ();
    assert(seen.a == seen.b && seen.b == seen.c);
    return NULL;
}

int main(void) {
    pthread_t threads[3];
    pthread_create(&threads[0], NULL, store, NULL);
    pthread_create(&threads[1], NULL, replace, NULL);
    pthread_create(&threads[2], NULL, load, NULL);
    for (int t = 0; t < 3; t++) pthread_join(threads[t], NULL);
    outcome("%ld", seen.a);
    return 0;
}
