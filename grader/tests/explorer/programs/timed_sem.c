/* timed_sem.c - a semaphore is waited for until a deadline.
 *
 * Bugs:   IGNORES_RESULT  uses the item whether it came or not
 */
#include <semaphore.h>
#include <time.h>

#include "corpus.h"

static sem_t items;
static int item;

static void consumer(int me) {
    (void)me;
    struct timespec deadline;
    clock_gettime(CLOCK_REALTIME, &deadline);
    deadline.tv_sec += 1;
    int error = sem_timedwait(&items, &deadline);
#ifdef IGNORES_RESULT
    (void)error;
#else
    if (error) return;
#endif
    assert(item == 1);
}

static void producer(int me) {
    (void)me;
    item = 1;
    sem_post(&items);
}

int main(void) {
    sem_init(&items, 0, 0);
    TOGETHER(consumer, producer);
    sem_destroy(&items);
    return 0;
}
