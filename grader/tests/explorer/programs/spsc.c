/* spsc.c - Lamport's ring for one producer and one consumer, two slots, three items.
 *
 * Source: L. Lamport, "Proving the correctness of multiprocess programs", IEEE TSE 3(2), 1977.
 * Bugs:   RELAXED_TAIL    the consumer may see the tail before the item
 *         RELAXED_HEAD    the producer may reuse a slot that is still being read
 *         OFF_BY_ONE      holds one item more than there are slots
 */
#include "corpus.h"

#ifdef RELAXED_TAIL
#define PUBLISH relaxed
#else
#define PUBLISH release
#endif
#ifdef RELAXED_HEAD
#define GIVE_BACK relaxed
#else
#define GIVE_BACK release
#endif
#ifdef OFF_BY_ONE
enum { SLOTS = 2, ITEMS = 3, CAPACITY = SLOTS + 1 };
#else
enum { SLOTS = 2, ITEMS = 3, CAPACITY = SLOTS };
#endif

static atomic_uint head, tail; /* taken, put */
static int slots[SLOTS];

static void producer(int me) {
    (void)me;
    for (unsigned n = 0; n < ITEMS; n++) {
        while (n - atomic_load_explicit(&head, acquire) == CAPACITY)
            ;
        slots[n % SLOTS] = (int)n + 1;
        atomic_store_explicit(&tail, n + 1, PUBLISH);
    }
}

static void consumer(int me) {
    (void)me;
    for (unsigned n = 0; n < ITEMS; n++) {
        while (atomic_load_explicit(&tail, acquire) == n)
            ;
        assert(slots[n % SLOTS] == (int)n + 1);
        atomic_store_explicit(&head, n + 1, GIVE_BACK);
    }
}

int main(void) {
    TOGETHER(producer, consumer);
    return 0;
}
