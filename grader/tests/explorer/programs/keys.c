/* keys.c - thread-specific data whose destructor runs when the thread ends, before it is joined.
 *
 * Bugs:   NO_DESTRUCTOR   the blocks are freed by nobody
 *         FREES_TOO       the thread frees its block itself as well
 */
#include "corpus.h"

static pthread_key_t key;
static _Thread_local int calls;
static atomic_int destroyed;

static void destroy(void *block) {
    atomic_fetch_add_explicit(&destroyed, *(int *)block, relaxed);
    free(block);
}

static int *mine(void) {
    calls++;
    int *block = pthread_getspecific(key);
    if (block) return block;
    block = malloc(sizeof *block);
    assert(block);
    *block = 0;
    pthread_setspecific(key, block);
    return block;
}

static void worker(int me) {
    (void)me;
    ++*mine();
    ++*mine();
    assert(*mine() == 2 && calls == 3);
#ifdef FREES_TOO
    free(mine());
#endif
}

int main(void) {
#ifdef NO_DESTRUCTOR
    pthread_key_create(&key, NULL);
    (void)destroy;
    atomic_init(&destroyed, 4);
#else
    pthread_key_create(&key, destroy);
#endif
    TOGETHER(worker, worker);
    assert(atomic_load_explicit(&destroyed, relaxed) == 4);
    pthread_key_delete(key);
    return 0;
}
