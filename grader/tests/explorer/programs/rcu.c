/* rcu.c - RCU-style publication: readers hold no lock; the updater waits until none can look.
 *
 * Source: P. E. McKenney, J. D. Slingwine, "Read-copy update: using execution history to solve
 *         concurrency problems", PDCS 1998; M. Desnoyers et al., "User-level implementations of
 *         read-copy update", IEEE TPDS 23(2), 2012.
 * Bugs:   RELAXED_PUBLISH  a reader may see the pointer before what it points to
 *         NO_GRACE         the old version is freed at once
 *         NO_FENCE         the reader's flag may be seen too late (store buffering)
 */
#include "corpus.h"

#ifdef RELAXED_PUBLISH
#define PUBLISH relaxed
#else
#define PUBLISH release
#endif

struct version {
    int left, right;
};

static _Atomic(struct version *) current;
static atomic_bool reading;

static struct version *version_new(int value) {
    struct version *made = malloc(sizeof *made);
    assert(made);
    *made = (struct version){value, value};
    return made;
}

static void fence(void) {
#ifndef NO_FENCE
    atomic_thread_fence(seq_cst);
#endif
}

static void reader(int me) {
    (void)me;
    atomic_store_explicit(&reading, true, relaxed);
    fence();
    struct version *seen = atomic_load_explicit(&current, acquire);
    assert(seen->left == seen->right);
    atomic_store_explicit(&reading, false, release);
}

static void updater(int me) {
    (void)me;
    struct version *old = atomic_load_explicit(&current, relaxed);
    atomic_store_explicit(&current, version_new(2), PUBLISH);
#ifndef NO_GRACE
    fence();
    while (atomic_load_explicit(&reading, acquire))
        ;
#endif
    free(old);
}

int main(void) {
    atomic_init(&current, version_new(1));
    TOGETHER(reader, updater);
    free(atomic_load_explicit(&current, relaxed));
    return 0;
}
