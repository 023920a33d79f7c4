/* two_steps.c - the lock that looks in one step and takes in the next, as a program to explore:
 *
 *     grader/grade explore lessons/04-mutex/two_steps.c
 */
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>

#include "cpu.h"

static _Atomic(int) state; /* 0: free, 1: held */
static _Atomic(int) inside;

static void lock(void) {
    while (atomic_load_explicit(&state, memory_order_acquire) != 0) cpu_relax(); /* a look */
    atomic_store_explicit(&state, 1, memory_order_relaxed); /* orders nothing, decides nothing */
}

static void unlock(void) {
    atomic_store_explicit(&state, 0, memory_order_release); /* for lock() */
}

static void *visit(void *unused) {
    lock();
    int others = atomic_fetch_add_explicit(&inside, 1, memory_order_relaxed); /* only counts */
    assert(others == 0);
    atomic_fetch_sub_explicit(&inside, 1, memory_order_relaxed); /* likewise */
    unlock();
    return unused;
}

int main(void) {
    pthread_t visitor;
    pthread_create(&visitor, NULL, visit, NULL);
    visit(NULL);
    pthread_join(visitor, NULL);
    return 0;
}
