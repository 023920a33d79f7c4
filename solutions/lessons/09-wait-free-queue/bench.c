/* bench.c - the lesson's ring and queue, and what they cost beside a bare fetch-and-add.
 *
 * The ring: one thread pushes, another pops, each without a pause; values a second, in millions. The
 * queue: pairs of a push and a pop by one thread, then by two at once, beside pairs of two
 * fetch-and-adds, which is the least that a queue of tickets could do.
 *
 * Each cell is the median of ROUNDS runs; the contenders take turns within a round. Absolute figures
 * drift; compare within one table.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "clock.h"
#include "cpu.h"
#include "wait_free.h"

#if __has_include(<ck_ring.h>)
#include <ck_ring.h>
#define HAVE_CK 1
#endif

enum { ROUNDS = 7, SLOTS = 1024, VALUES = 20000000, PAIRS = 200000 };

static struct ring ring;
static uint64_t slots[SLOTS];
static struct queue queue;
static struct queue_node *nodes;
static _Alignas(CACHE_LINE_BYTES) _Atomic(uint64_t) head;
static _Alignas(CACHE_LINE_BYTES) _Atomic(uint64_t) tail;
static pthread_barrier_t start;
static _Atomic(uint64_t) sum; /* so that no value is read for nothing */

#ifdef HAVE_CK
static ck_ring_t ck;
static ck_ring_buffer_t ck_slots[SLOTS];
#endif

static void *ring_consumer(void *unused) {
    uint64_t value = 0, seen = 0;
    pthread_barrier_wait(&start);
    for (unsigned got = 0; got < VALUES; got++) {
        while (!ring_pop(&ring, &value)) cpu_relax();
        seen += value;
    }
    atomic_fetch_add_explicit(&sum, seen, memory_order_relaxed); /* only counts */
    return unused;
}

static void ring_producer(void) {
    for (uint64_t v = 0; v < VALUES; v++)
        while (!ring_push(&ring, v)) cpu_relax();
}

#ifdef HAVE_CK
static void *ck_consumer(void *unused) {
    void *value = NULL;
    uint64_t seen = 0;
    pthread_barrier_wait(&start);
    for (unsigned got = 0; got < VALUES; got++) {
        while (!ck_ring_dequeue_spsc(&ck, ck_slots, &value)) cpu_relax();
        seen += (uint64_t)value;
    }
    atomic_fetch_add_explicit(&sum, seen, memory_order_relaxed); /* only counts */
    return unused;
}

static void ck_producer(void) {
    for (uint64_t v = 0; v < VALUES; v++)
        while (!ck_ring_enqueue_spsc(&ck, ck_slots, (void *)v)) cpu_relax();
}
#endif

/* Millions of values a second from the calling thread to another. */
static double stream_mops(void *(*consumer)(void *), void (*producer)(void)) {
    pthread_t thread;
    pthread_barrier_init(&start, NULL, 2);
    if (pthread_create(&thread, NULL, consumer, NULL) != 0) exit(1);
    pthread_barrier_wait(&start);
    uint64_t began = clock_now_ns();
    producer();
    pthread_join(thread, NULL);
    uint64_t took = clock_now_ns() - began;
    pthread_barrier_destroy(&start);
    return VALUES * 1e3 / (double)took;
}

static void *queue_pairs(void *number) {
    int me = number != NULL;
    uint64_t value = 0;
    pthread_barrier_wait(&start);
    for (uint64_t v = 0; v < PAIRS; v++) {
        queue_push(&queue, me, v);
        queue_pop(&queue, me, &value);
    }
    return NULL;
}

static void *add_pairs(void *number) {
    pthread_barrier_wait(&start);
    for (unsigned pair = 0; pair < PAIRS; pair++) {
        atomic_fetch_add_explicit(&tail, 1, memory_order_seq_cst); /* what is measured */
        atomic_fetch_add_explicit(&head, 1, memory_order_seq_cst); /* likewise */
    }
    return number;
}

/* Nanoseconds for one pair, when so many threads make them at once. */
static double pair_ns(void *(*pairs)(void *), unsigned threads) {
    pthread_t other;
    queue_init(&queue, nodes, PAIRS, 2);
    pthread_barrier_init(&start, NULL, threads);
    if (threads == 2 && pthread_create(&other, NULL, pairs, &queue) != 0) exit(1);
    uint64_t began = clock_now_ns();
    pairs(NULL);
    if (threads == 2) pthread_join(other, NULL);
    uint64_t took = clock_now_ns() - began;
    pthread_barrier_destroy(&start);
    return (double)took / (PAIRS * (double)threads);
}

static int ascending(const void *left, const void *right) {
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static double median(double values[ROUNDS]) {
    qsort(values, ROUNDS, sizeof values[0], ascending);
    return values[ROUNDS / 2];
}

int main(void) {
    static double ours[ROUNDS], cks[ROUNDS], queue1[ROUNDS], queue2[ROUNDS], add1[ROUNDS],
        add2[ROUNDS];
    nodes = calloc(QUEUE_NODES(PAIRS, 2), sizeof *nodes);
    if (!nodes) return 1;
    ring_init(&ring, slots, SLOTS);
#ifdef HAVE_CK
    ck_ring_init(&ck, SLOTS);
#endif
    for (unsigned round = 0; round < ROUNDS; round++) {
        ours[round] = stream_mops(ring_consumer, ring_producer);
#ifdef HAVE_CK
        cks[round] = stream_mops(ck_consumer, ck_producer);
#endif
        queue1[round] = pair_ns(queue_pairs, 1), add1[round] = pair_ns(add_pairs, 1);
        queue2[round] = pair_ns(queue_pairs, 2), add2[round] = pair_ns(add_pairs, 2);
    }
    printf("%-32s %10s\n", "ring, 1 to 1, 1024 slots", "Mvalues/s");
    printf("%-32s %10.0f\n", "this ring", median(ours));
#ifdef HAVE_CK
    printf("%-32s %10.0f\n", "ck_ring, spsc", median(cks));
#else
    (void)cks;
#endif
    printf("\n%-32s %10s %10s\n", "push and pop, ns a pair", "1 thread", "2 threads");
    printf("%-32s %10.1f %10.1f\n", "this queue", median(queue1), median(queue2));
    printf("%-32s %10.1f %10.1f\n", "two fetch-and-adds", median(add1), median(add2));
    printf("\nMedians of %d rounds on %ld processors.\n", ROUNDS, sysconf(_SC_NPROCESSORS_ONLN));
    free(nodes);
    return 0;
}
