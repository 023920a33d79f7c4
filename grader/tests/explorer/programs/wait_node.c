/* wait_node.c - a waiter sleeps on a node of its own stack; the waker lets it go.
 *
 * Source: the parking of WebKit's WTF::ParkingLot (F. Pizlo, 2016) and of nsync.
 * Bugs:   READS_AFTER     the waker reads the node after it has let the waiter go
 *         WAKES_TWICE     the waker sets the flag again, to be sure: on a dead stack
 *         NO_QUEUE_LOCK   takes the node out of the list without the lock
 */
#include "corpus.h"

struct node {
    struct node *next;
    _Atomic(uint32_t) released;
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct node *list;
static bool open;

static void pass(void) {
    struct node node = {.next = NULL};
    atomic_init(&node.released, 0);
    pthread_mutex_lock(&mutex);
    if (open) {
        pthread_mutex_unlock(&mutex);
        return;
    }
    node.next = list;
    list = &node;
    pthread_mutex_unlock(&mutex);
    while (!atomic_load_explicit(&node.released, acquire)) futex_sleep(&node.released, 0);
}

static void let_go(struct node *node) {
    atomic_store_explicit(&node->released, 1, release);
    futex_rouse(&node->released, 1);
#ifdef WAKES_TWICE
    atomic_store_explicit(&node->released, 1, release);
#endif
}

static void open_gate(void) {
#ifndef NO_QUEUE_LOCK
    pthread_mutex_lock(&mutex);
#endif
    struct node *node = list;
    list = NULL;
    open = true;
#ifndef NO_QUEUE_LOCK
    pthread_mutex_unlock(&mutex);
#endif
    while (node) {
#ifdef READS_AFTER
        let_go(node);
        node = node->next;
#else
        struct node *next = node->next;
        let_go(node);
        node = next;
#endif
    }
}

static void visitor(int me) {
    (void)me;
    pass();
}

static void keeper(int me) {
    (void)me;
    open_gate();
}

int main(void) {
    TOGETHER(visitor, keeper, visitor);
    return 0;
}
