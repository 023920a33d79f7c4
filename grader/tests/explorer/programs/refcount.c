/* refcount.c - an object with a count of its users: the last one frees it.
 *
 * Source: D. Vyukov, "Basic reference counting" (1024cores), 2010; Boost.Atomic's usage examples.
 * Bugs:   RELAXED_DROP    the last user may free while another's use is still to come
 *         LOAD_STORE      counts down by a load and a store: nobody sees the end
 *         LOOKS_AGAIN     reads the count a second time: two see its end
 */
#include "corpus.h"

#ifdef RELAXED_DROP
#define DROP relaxed
#else
#define DROP acq_rel
#endif

struct object {
    atomic_int users;
    int value[2];
};

static struct object *shared;

static void drop(struct object *object) {
#if defined(LOAD_STORE)
    int before = atomic_load_explicit(&object->users, acquire);
    atomic_store_explicit(&object->users, before - 1, release);
    if (before == 1) free(object);
#elif defined(LOOKS_AGAIN)
    atomic_fetch_sub_explicit(&object->users, 1, acq_rel);
    if (atomic_load_explicit(&object->users, acquire) == 0) free(object);
#else
    if (atomic_fetch_sub_explicit(&object->users, 1, DROP) == 1) free(object);
#endif
}

static void worker(int me) {
    shared->value[me] = me;
    drop(shared);
}

int main(void) {
    shared = malloc(sizeof *shared);
    assert(shared);
    atomic_init(&shared->users, 2);
    TOGETHER(worker, worker);
    return 0;
}
