/* treiber3.c - three threads on Treiber's stack, each a push and then a pop; nothing is freed.
 *
 * The nodes are static, one a thread; `next` is atomic and relaxed, the top release and acquire.
 * relacy.cpp has the same program. */
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>

#ifndef THREADS
#define THREADS 3
#endif

struct node {
    _Atomic(struct node *) next;
    int value;
};

static _Atomic(struct node *) top;
static struct node nodes[THREADS];
static int taken[THREADS];

static void push(struct node *node) {
    struct node *seen = atomic_load_explicit(&top, memory_order_relaxed);
    do atomic_store_explicit(&node->next, seen, memory_order_relaxed);
    while (!atomic_compare_exchange_strong_explicit(&top, &seen, node, memory_order_release,
                                                    memory_order_relaxed));
}

static struct node *pop(void) {
    struct node *seen = atomic_load_explicit(&top, memory_order_acquire);
    while (seen) {
        struct node *next = atomic_load_explicit(&seen->next, memory_order_relaxed);
        if (atomic_compare_exchange_strong_explicit(&top, &seen, next, memory_order_acquire,
                                                    memory_order_acquire))
            break;
    }
    return seen;
}

static void *worker(void *argument) {
    struct node *mine = argument;
    mine->value = (int)(mine - nodes) + 1;
    push(mine);
    struct node *node = pop();
    assert(node);
    taken[mine - nodes] = node->value;
    return NULL;
}

int main(void) {
    pthread_t threads[THREADS];
    for (int t = 0; t < THREADS; t++) pthread_create(&threads[t], NULL, worker, &nodes[t]);
    for (int t = 0; t < THREADS; t++) pthread_join(threads[t], NULL);
    int sum = 0;
    for (int t = 0; t < THREADS; t++) sum += taken[t];
    assert(sum == THREADS * (THREADS + 1) / 2); /* each value once */
    return 0;
}
