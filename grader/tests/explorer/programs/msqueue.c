/* msqueue.c - the Michael-Scott queue; removed nodes are kept until all threads are joined.
 *
 * Source: M. M. Michael, M. L. Scott, "Simple, fast, and practical non-blocking and blocking
 *         concurrent queue algorithms", PODC 1996, figure 1.
 * Bugs:   RELAXED_LINK    a consumer may see the node before what is in it
 *         STORE_LINK      links by a store: of two nodes put at once, one is lost
 *         FREE_NOW        the old dummy is freed while others may be reading it
 */
#include "corpus.h"

#ifdef RELAXED_LINK
#define RELEASE relaxed
#else
#define RELEASE release
#endif

struct node {
    _Atomic(struct node *) next;
    int value;
};

static _Atomic(struct node *) head, tail;
static struct node *retired[2]; /* one a thread */
static int sum[2];

static struct node *node_new(int value) {
    struct node *node = malloc(sizeof *node);
    assert(node);
    atomic_init(&node->next, NULL);
    node->value = value;
    return node;
}

static void put(int value) {
    struct node *node = node_new(value);
    for (;;) {
        struct node *last = atomic_load_explicit(&tail, acquire);
        struct node *next = atomic_load_explicit(&last->next, acquire);
        if (next) { /* help the one that linked it */
            atomic_compare_exchange_strong_explicit(&tail, &last, next, release, relaxed);
            continue;
        }
#ifdef STORE_LINK
        atomic_store_explicit(&last->next, node, RELEASE);
        atomic_compare_exchange_strong_explicit(&tail, &last, node, release, relaxed);
        return;
#else
        if (atomic_compare_exchange_strong_explicit(&last->next, &next, node, RELEASE, relaxed)) {
            atomic_compare_exchange_strong_explicit(&tail, &last, node, release, relaxed);
            return;
        }
#endif
    }
}

/* Take the oldest value; *old is the node that is no longer used. */
static bool take(int *value, struct node **old) {
    for (;;) {
        struct node *first = atomic_load_explicit(&head, acquire);
        struct node *last = atomic_load_explicit(&tail, acquire);
        struct node *next = atomic_load_explicit(&first->next, acquire);
        if (!next) return false;
        if (first == last) {
            atomic_compare_exchange_strong_explicit(&tail, &last, next, release, relaxed);
            continue;
        }
        *value = next->value;
        *old = first;
        if (atomic_compare_exchange_strong_explicit(&head, &first, next, acq_rel, relaxed))
            return true;
    }
}

static void worker(int me) {
    struct node *old;
    int value;
    put(me + 1);
    bool took = take(&value, &old);
    assert(took); /* each puts before it takes */
    sum[me] = value;
#ifdef FREE_NOW
    free(old);
#else
    retired[me] = old;
#endif
}

int main(void) {
    struct node *dummy = node_new(0);
    atomic_init(&head, dummy);
    atomic_init(&tail, dummy);
    TOGETHER(worker, worker);
    assert(sum[0] + sum[1] == 3);
    for (int t = 0; t < 2; t++) free(retired[t]);
    free(atomic_load_explicit(&head, relaxed));
    return 0;
}
