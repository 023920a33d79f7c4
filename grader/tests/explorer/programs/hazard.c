/* hazard.c - a hazard pointer: what a reader has announced, nobody frees.
 *
 * Source: M. M. Michael, "Hazard pointers: safe memory reclamation for lock-free objects", IEEE
 *         TPDS 15(6), 2004.
 * Bugs:   NO_FENCE        the announcement may be seen too late (store buffering)
 *         NO_RECHECK      announces an object that may already have been freed
 *         NO_SCAN         frees without looking at the announcements
 */
#include "corpus.h"

struct object {
    int value;
};

static _Atomic(struct object *) shared, hazard;

static struct object *object_new(int value) {
    struct object *made = malloc(sizeof *made);
    assert(made);
    made->value = value;
    return made;
}

static void fence(void) {
#ifndef NO_FENCE
    atomic_thread_fence(seq_cst);
#endif
}

static struct object *protect(void) {
    struct object *seen = atomic_load_explicit(&shared, relaxed);
    for (;;) {
        atomic_store_explicit(&hazard, seen, relaxed);
        fence();
        struct object *again = atomic_load_explicit(&shared, acquire);
#ifdef NO_RECHECK
        (void)again;
        return seen;
#else
        if (again == seen) return seen;
        seen = again;
#endif
    }
}

static void reader(int me) {
    (void)me;
    struct object *object = protect();
    assert(object->value == 1 || object->value == 2);
    atomic_store_explicit(&hazard, NULL, release);
}

static void updater(int me) {
    (void)me;
    struct object *old = atomic_exchange_explicit(&shared, object_new(2), acq_rel);
#ifndef NO_SCAN
    fence();
    while (atomic_load_explicit(&hazard, acquire) == old)
        ;
#endif
    free(old);
}

int main(void) {
    atomic_init(&shared, object_new(1));
    TOGETHER(reader, updater);
    free(atomic_load_explicit(&shared, relaxed));
    return 0;
}
