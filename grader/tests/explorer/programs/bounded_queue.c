/* bounded_queue.c - the bounded queue with a mutex and two condition variables; one slot.
 *
 * Source: C. A. R. Hoare, "Monitors: an operating system structuring concept", Communications of
 *         the ACM 17(10), 1974, section 4; B. W. Lampson, D. D. Redell, CACM 23(2), 1980: why a
 *         waiter looks again.
 * Bugs:   IF_NOT_WHILE    a woken consumer does not look again: another has taken the item
 *         ONE_COND        one condition variable for both sides: the signal goes to the wrong one
 *         WRONG_SIDE      put signals the producers
 *         NO_SIGNAL       take does not signal
 *         NO_LOCK         take does not lock
 */
#include "corpus.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t not_empty = PTHREAD_COND_INITIALIZER;
#ifdef ONE_COND
#define not_full not_empty
#else
static pthread_cond_t not_full = PTHREAD_COND_INITIALIZER;
#endif
static int items;

static void put(void) {
    pthread_mutex_lock(&mutex);
    while (items == 1) pthread_cond_wait(&not_full, &mutex);
    items++;
#ifdef WRONG_SIDE
    pthread_cond_signal(&not_full);
#else
    pthread_cond_signal(&not_empty);
#endif
    pthread_mutex_unlock(&mutex);
}

static void take(void) {
#ifdef NO_LOCK
    if (items > 0) items--;
#else
    pthread_mutex_lock(&mutex);
#ifdef IF_NOT_WHILE
    if (items == 0) pthread_cond_wait(&not_empty, &mutex);
#else
    while (items == 0) pthread_cond_wait(&not_empty, &mutex);
#endif
    assert(items == 1);
    items--;
#ifndef NO_SIGNAL
    pthread_cond_signal(&not_full);
#endif
    pthread_mutex_unlock(&mutex);
#endif
}

static void producer(int me) {
    (void)me;
    put();
    put();
}

static void consumer(int me) {
    (void)me;
    take();
}

int main(void) {
    TOGETHER(producer, consumer, consumer);
    assert(items == 0);
    return 0;
}
