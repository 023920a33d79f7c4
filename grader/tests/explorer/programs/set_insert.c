/* set_insert.c - an open-addressing set of atomic slots: each key is there once.
 *
 * Source: C. Click, "A lock-free hash table", 2007: a slot's key is claimed once, for ever.
 * Bugs:   LOAD_STORE      claims a slot by a load and a store: a key is overwritten
 *         SKIPS           a refused claim goes on to the next slot: the same key stands twice
 */
#include "corpus.h"

enum { SLOTS = 4 };

static atomic_int slots[SLOTS]; /* 0: free */

/* Returns whether the key was new. */
static bool insert(int key) {
    for (int slot = 0; slot < SLOTS; slot++) {
        int seen = atomic_load_explicit(&slots[slot], acquire);
        if (seen == key) return false;
        if (seen != 0) continue;
#if defined(LOAD_STORE)
        atomic_store_explicit(&slots[slot], key, release);
        return true;
#else
        if (atomic_compare_exchange_strong_explicit(&slots[slot], &seen, key, acq_rel, acquire))
            return true;
#ifndef SKIPS
        if (seen == key) return false;
#endif
#endif
    }
    return false;
}

static void worker(int me) {
    static const int keys[3] = {5, 5, 6};
    insert(keys[me]);
}

int main(void) {
    TOGETHER(worker, worker, worker);
    int found[7] = {0};
    for (int slot = 0; slot < SLOTS; slot++) found[atomic_load_explicit(&slots[slot], relaxed)]++;
    assert(found[5] == 1 && found[6] == 1);
    return 0;
}
