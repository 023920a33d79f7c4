/* counts.c - programs whose executions can be counted by hand: one of the shapes below, N threads, K rounds. */
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>

#include "outcome.h"

/* Which one, and how big: the test says. */
#ifndef N
#define N 2
#define K 1
#define MUTEX
#endif

enum { MOST = 8 };

#ifdef MUTEX
/* N threads, each K times: lock, unlock. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int counter;

static void *runs(void *argument) {
    (void)argument;
    for (int round = 0; round < K; round++) {
        pthread_mutex_lock(&lock);
        counter++;
        pthread_mutex_unlock(&lock);
    }
    return NULL;
}

static int result(void) { return counter; }
#endif

#ifdef SEMAPHORE
/* The same with a semaphore of one token. */
static sem_t tokens;
static int counter;

static void *runs(void *argument) {
    (void)argument;
    for (int round = 0; round < K; round++) {
        sem_wait(&tokens);
        counter++;
        sem_post(&tokens);
    }
    return NULL;
}

static int result(void) { return counter; }
#endif

#ifdef TICKET
/* The same with a ticket lock. */
static atomic_int next, serving;
static int counter;

static void *runs(void *argument) {
    (void)argument;
    for (int round = 0; round < K; round++) {
        int mine = atomic_fetch_add_explicit(&next, 1, memory_order_relaxed);
        while (atomic_load_explicit(&serving, memory_order_acquire) != mine) {
        }
        counter++;
        atomic_store_explicit(&serving, mine + 1, memory_order_release);
    }
    return NULL;
}

static int result(void) { return counter; }
#endif

#ifdef RING
/* A producer and a consumer move ITEMS items through K slots; N is 2; each waits for the other's index. */
static atomic_int head, tail;
static int slots[K], sum;

static void *consumer(void) {
    for (int item = 0; item < ITEMS; item++) {
        while (atomic_load_explicit(&tail, memory_order_acquire) <= item) {
        }
        sum += slots[item % K];
        atomic_store_explicit(&head, item + 1, memory_order_release);
    }
    return NULL;
}

static void *runs(void *argument) {
    if (*(int *)argument) return consumer();
    for (int item = 0; item < ITEMS; item++) {
        while (item - atomic_load_explicit(&head, memory_order_acquire) >= K) {
        }
        slots[item % K] = item;
        atomic_store_explicit(&tail, item + 1, memory_order_release);
    }
    return NULL;
}

static int result(void) { return sum; }
#endif

int main(void) {
    static int numbers[MOST];
    pthread_t threads[MOST];
#ifdef SEMAPHORE
    sem_init(&tokens, 0, 1);
#endif
    for (int n = 0; n < N; n++) {
        numbers[n] = n;
        pthread_create(&threads[n], NULL, runs, &numbers[n]);
    }
    for (int n = 0; n < N; n++) pthread_join(threads[n], NULL);
    outcome("%d", result());
    return 0;
}
