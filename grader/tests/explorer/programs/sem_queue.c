/* sem_queue.c - the bounded buffer with semaphores: one slot, two items.
 *
 * Source: E. W. Dijkstra, "Cooperating sequential processes" (EWD 123), 1965, section 4.3.
 * Bugs:   LOCK_FIRST      takes the mutex, then waits for an item with it
 *         TWO_IN          the mutex lets two in: producer and consumer race for the count
 *         NO_POST         the consumer does not give the slot back
 */
#include <semaphore.h>

#include "corpus.h"

enum { ITEMS = 2 };

static sem_t mutex, items, slots;
static int count;

static void producer(int me) {
    (void)me;
    for (int n = 0; n < ITEMS; n++) {
        sem_wait(&slots);
        sem_wait(&mutex);
        count++;
        sem_post(&mutex);
        sem_post(&items);
    }
}

static void consumer(int me) {
    (void)me;
    for (int n = 0; n < ITEMS; n++) {
#ifdef LOCK_FIRST
        sem_wait(&mutex);
        sem_wait(&items);
#else
        sem_wait(&items);
        sem_wait(&mutex);
#endif
        count--;
        sem_post(&mutex);
#ifndef NO_POST
        sem_post(&slots);
#endif
    }
}

int main(void) {
#ifdef TWO_IN
    sem_init(&mutex, 0, 2);
    sem_init(&slots, 0, 2);
#else
    sem_init(&mutex, 0, 1);
    sem_init(&slots, 0, 1);
#endif
    sem_init(&items, 0, 0);
    TOGETHER(producer, consumer);
    assert(count == 0);
    sem_destroy(&mutex);
    sem_destroy(&items);
    sem_destroy(&slots);
    return 0;
}
