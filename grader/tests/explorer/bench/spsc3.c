/* spsc3.c - Lamport's ring: one producer, one consumer, three items, two slots. Each spins. */
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>

enum { ITEMS = 3, SLOTS = 2 };

static atomic_uint head, tail;
static int slots[SLOTS];

static void *producer(void *argument) {
    for (unsigned n = 0; n < ITEMS; n++) {
        while (n - atomic_load_explicit(&head, memory_order_acquire) == SLOTS)
            ;
        slots[n % SLOTS] = (int)n + 1;
        atomic_store_explicit(&tail, n + 1, memory_order_release);
    }
    return argument;
}

static void *consumer(void *argument) {
    for (unsigned n = 0; n < ITEMS; n++) {
        while (atomic_load_explicit(&tail, memory_order_acquire) == n)
            ;
        assert(slots[n % SLOTS] == (int)n + 1);
        atomic_store_explicit(&head, n + 1, memory_order_release);
    }
    return argument;
}

int main(void) {
    pthread_t first, second;
    pthread_create(&first, NULL, producer, NULL);
    pthread_create(&second, NULL, consumer, NULL);
    pthread_join(first, NULL);
    pthread_join(second, NULL);
    return 0;
}
