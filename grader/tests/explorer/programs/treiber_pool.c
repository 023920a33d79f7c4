/* treiber_pool.c - Treiber's stack with nodes from a fixed pool: ABA, and the tag against it.
 *
 * The top is an index with a tag that each change increments. One thread takes a node; the other
 * takes two and brings the first back: the top looks as before, what is below it has changed.
 *
 * Source: R. K. Treiber, IBM RJ 5118, 1986; IBM System/370 Principles of Operation, 1983, appendix
 *         A: the counter beside the pointer.
 * Bugs:   NO_TAG          the index alone: ABA
 */
#include "corpus.h"

enum { NOBODY = 0, NODES = 3 }; /* index 0: no node */

static _Atomic(uint64_t) top;
static _Atomic(uint32_t) next[NODES + 1];
static atomic_int held[NODES + 1];

static uint64_t pack(uint32_t index, uint32_t tag) {
#ifdef NO_TAG
    tag = 0;
#endif
    return (uint64_t)tag << 32 | index;
}

static uint32_t pop(void) {
    uint64_t seen = atomic_load_explicit(&top, acquire);
    for (;;) {
        uint32_t index = (uint32_t)seen, tag = (uint32_t)(seen >> 32);
        if (index == NOBODY) return NOBODY;
        uint32_t below = atomic_load_explicit(&next[index], relaxed);
        if (atomic_compare_exchange_strong_explicit(&top, &seen, pack(below, tag + 1), acq_rel,
                                                    acquire))
            break;
    }
    uint32_t index = (uint32_t)seen;
    assert(atomic_fetch_add_explicit(&held[index], 1, relaxed) == 0); /* nobody else holds it */
    return index;
}

static void push(uint32_t index) {
    atomic_fetch_sub_explicit(&held[index], 1, relaxed);
    uint64_t seen = atomic_load_explicit(&top, relaxed);
    do atomic_store_explicit(&next[index], (uint32_t)seen, relaxed);
    while (!atomic_compare_exchange_strong_explicit(
        &top, &seen, pack(index, (uint32_t)(seen >> 32) + 1), release, relaxed));
}

static void takes_one(int me) {
    (void)me;
    pop();
}

static void takes_two_and_returns_one(int me) {
    (void)me;
    uint32_t first = pop();
    pop();
    if (first != NOBODY) push(first);
}

int main(void) {
    for (uint32_t n = 1; n <= NODES; n++) atomic_init(&next[n], n == NODES ? NOBODY : n + 1);
    atomic_init(&top, pack(1, 0));
    TOGETHER(takes_one, takes_two_and_returns_one);
    while (pop() != NOBODY) /* what is left is held by nobody */
        ;
    return 0;
}
