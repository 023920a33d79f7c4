/* two_lock_queue.c - Michael and Scott's queue with a lock at either end.
 *
 * Source: M. M. Michael, M. L. Scott, PODC 1996, figure 2. `next` is atomic here: when the queue is
 *         empty, the two ends meet in one node, and no lock is common to them.
 * Bugs:   PLAIN_NEXT      as printed in 1996: next is no atomic
 *         RELAXED_NEXT    the consumer may see the node before the value
 *         NO_HEAD_LOCK    consumers do not lock
 */
#include "corpus.h"

#ifdef RELAXED_NEXT
#define ACQUIRE relaxed
#else
#define ACQUIRE acquire
#endif

struct node {
#ifdef PLAIN_NEXT
    struct node *next;
#else
    _Atomic(struct node *) next;
#endif
    int value;
};

#ifdef PLAIN_NEXT
#define GET_NEXT(node)        ((node)->next)
#define SET_NEXT(node, value) ((node)->next = (value))
#else
#define GET_NEXT(node)        atomic_load_explicit(&(node)->next, ACQUIRE)
#define SET_NEXT(node, value) atomic_store_explicit(&(node)->next, (value), release)
#endif

static pthread_mutex_t head_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t tail_mutex = PTHREAD_MUTEX_INITIALIZER;
static struct node *head, *tail;

static struct node *node_new(int value) {
    struct node *node = malloc(sizeof *node);
    assert(node);
    SET_NEXT(node, NULL);
    node->value = value;
    return node;
}

static void put(int value) {
    struct node *node = node_new(value);
    pthread_mutex_lock(&tail_mutex);
    SET_NEXT(tail, node);
    tail = node;
    pthread_mutex_unlock(&tail_mutex);
}

static bool take(int *value) {
#ifndef NO_HEAD_LOCK
    pthread_mutex_lock(&head_mutex);
#endif
    struct node *dummy = head, *first = GET_NEXT(dummy);
    if (first) {
        *value = first->value;
        head = first;
    }
#ifndef NO_HEAD_LOCK
    pthread_mutex_unlock(&head_mutex);
#endif
    if (first) free(dummy);
    return first != NULL;
}

static void producer(int me) {
    (void)me;
    put(1);
    put(2);
}

static void consumer(int me) {
    (void)me;
    int value;
    if (take(&value)) assert(value == 1 || value == 2);
}

int main(void) {
    (void)head_mutex;
    head = tail = node_new(0);
    TOGETHER(producer, consumer, consumer);
    for (int value; take(&value);)
        ;
    free(head);
    return 0;
}
