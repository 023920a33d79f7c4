/* heap.c - a block is handed to another thread, which frees it; and what goes wrong with blocks.
 *
 * Bugs:   DOUBLE_FREE     main frees it once more
 *         LEAK            nobody frees it
 *         USE_AFTER_FREE  main reads it once more
 *         READS_BESIDE    the giver reads it again, while the taker may be freeing it
 *         INSIDE          frees a pointer into the block
 *         STATIC          frees what malloc did not return
 *         UNINITIALISED   reads a block that nobody has written
 */
#include "corpus.h"

static _Atomic(int *) box;
static int not_from_malloc;
static int *volatile hidden; /* so that the compilers do not see through it */

static void giver(int me) {
    (void)me;
    int *block = malloc(2 * sizeof *block);
    assert(block);
#ifdef UNINITIALISED
    hidden = block;
    assert(hidden[1] == 0);
#endif
    block[0] = block[1] = 7;
    hidden = block;
    atomic_store_explicit(&box, block, release);
#ifdef READS_BESIDE
    assert(hidden[0] == 7);
#endif
}

static void taker(int me) {
    (void)me;
    int *block;
    while (!(block = atomic_load_explicit(&box, acquire)))
        ;
    assert(block[0] == 7);
#if defined(INSIDE)
    hidden = block + 1;
    free((int *)hidden);
#elif defined(STATIC)
    hidden = &not_from_malloc;
    free((int *)hidden);
#elif !defined(LEAK)
    free(block);
#endif
}

int main(void) {
    TOGETHER(giver, taker);
#if defined(USE_AFTER_FREE)
    assert(hidden[0] == 7);
#elif defined(DOUBLE_FREE)
    free((int *)hidden);
#endif
    return not_from_malloc;
}
