/* bench.c - the three kinds of fairness beside the locks that one would otherwise take.
 *
 * Prints a table, a row a lock: an uncontended pair in nanoseconds; then, with as many threads as
 * processors and with four times as many, pairs a second, Jain's index of how evenly the threads got
 * the lock (R. Jain, D. Chiu, W. Hawe, "A Quantitative Measure of Fairness and Discrimination", DEC
 * TR-301, 1984: 1.00 is even, 1/n is one thread alone), and with the many threads how long a lock was
 * waited for, as percentiles in microseconds.
 *
 * The throughput is measured without looking at the clock, the waiting in a run of its own. Each
 * figure is the median of ROUNDS runs, the locks taking turns within a round; absolute figures drift,
 * compare within one table.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "cpu.h"
#include "fair_mutex.h"

#if __has_include(<ck_spinlock.h>)
#include <ck_spinlock.h>
#define HAVE_CK 1
#endif

#define ROUNDS      5
#define PAIRS       2000000u
#define CONTEND_NS  200000000u
#define THREADS_MAX 64

/* Each lock on lines of its own; `guarded` is what the critical section touches. */
static struct {
    _Alignas(2 * CACHE_LINE_BYTES) struct fair_mutex barging;
    _Alignas(2 * CACHE_LINE_BYTES) struct fair_mutex bounded2;
    _Alignas(2 * CACHE_LINE_BYTES) struct fair_mutex bounded100;
    _Alignas(2 * CACHE_LINE_BYTES) struct fair_mutex fifo;
    _Alignas(2 * CACHE_LINE_BYTES) pthread_mutex_t plain;
#ifdef HAVE_CK
    _Alignas(2 * CACHE_LINE_BYTES) ck_spinlock_ticket_t ticket;
    _Alignas(2 * CACHE_LINE_BYTES) ck_spinlock_mcs_t mcs;
    _Alignas(2 * CACHE_LINE_BYTES) ck_spinlock_clh_t *clh;
#endif
    _Alignas(2 * CACHE_LINE_BYTES) uint64_t guarded;
} bench;

/* --- waiting times: buckets of one eighth of a power of two ---------------------------------------- */

enum { BUCKETS = 64 * 8 };

static unsigned bucket_of(uint64_t ns) {
    if (ns < 8) return (unsigned)ns;
    unsigned power = 63 - (unsigned)__builtin_clzll(ns);
    return power * 8 + (unsigned)(ns >> (power - 3) & 7);
}

/* The least time that falls into the bucket. */
static double bucket_us(unsigned bucket) {
    if (bucket < 8) return bucket / 1e3;
    return (double)((8ull + bucket % 8) << (bucket / 8 - 3)) / 1e3;
}

/* --- the locks ------------------------------------------------------------------------------------- */

struct worker {
    _Alignas(2 * CACHE_LINE_BYTES) const struct contender *contender;
    bool timed, is_ready, counts;
    uint64_t done;
    uint64_t waits[BUCKETS];
};

static _Atomic(unsigned) ready;    /* threads that have had the lock once */
static _Atomic(bool) begins, ends; /* what is done between the two is counted */

/* Relaxed, all: they order no data, and a look too late is one pair more. */
static inline bool goes_on(struct worker *worker) {
    if (!worker->counts && worker->done > 0) {
        if (!worker->is_ready)
            atomic_fetch_add_explicit(&ready, 1, memory_order_relaxed); /* once */
        worker->is_ready = true;
        if (atomic_load_explicit(&begins, memory_order_relaxed)) { /* begins */
            worker->counts = true;
            worker->done = 0;
            memset(worker->waits, 0, sizeof worker->waits);
        }
    }
    return !atomic_load_explicit(&ends, memory_order_relaxed); /* ends */
}

/* The pair must be inlined into the loop for each lock alike, so the loops are made by a macro. */
struct contender {
    const char *name;
    void (*pairs)(uint64_t count);
    void (*until)(struct worker *worker);
};

/* `own` is what a thread brings along. A timed run counts how long each lock took. */
#define CONTENDER(id, own, lock, unlock)                                                           \
    static void id##_pairs(uint64_t count) {                                                       \
        own;                                                                                       \
        for (; count > 0; count--) {                                                               \
            lock;                                                                                  \
            bench.guarded++;                                                                       \
            unlock;                                                                                \
        }                                                                                          \
    }                                                                                              \
    static void id##_until(struct worker *worker) {                                                \
        own;                                                                                       \
        while (goes_on(worker)) {                                                                  \
            uint64_t asked = worker->timed ? clock_now_ns() : 0;                                   \
            lock;                                                                                  \
            uint64_t waited = worker->timed ? clock_now_ns() - asked : 0;                          \
            bench.guarded++;                                                                       \
            unlock;                                                                                \
            worker->done++;                                                                        \
            if (worker->timed) worker->waits[bucket_of(waited)]++;                                 \
        }                                                                                          \
    }

CONTENDER(barging, , fair_mutex_lock(&bench.barging), fair_mutex_unlock(&bench.barging))
CONTENDER(bounded2, , fair_mutex_lock(&bench.bounded2), fair_mutex_unlock(&bench.bounded2))
CONTENDER(bounded100, , fair_mutex_lock(&bench.bounded100), fair_mutex_unlock(&bench.bounded100))
CONTENDER(fifo, , fair_mutex_lock(&bench.fifo), fair_mutex_unlock(&bench.fifo))
CONTENDER(plain, , pthread_mutex_lock(&bench.plain), pthread_mutex_unlock(&bench.plain))
#ifdef HAVE_CK
CONTENDER(ticket, , ck_spinlock_ticket_lock(&bench.ticket),
          ck_spinlock_ticket_unlock(&bench.ticket))
CONTENDER(mcs, ck_spinlock_mcs_context_t node, ck_spinlock_mcs_lock(&bench.mcs, &node),
          ck_spinlock_mcs_unlock(&bench.mcs, &node))
/* A CLH node goes to the next thread with the lock, so it must outlive this one: it is never freed. */
CONTENDER(clh, ck_spinlock_clh_t *node = aligned_alloc(64, 64),
          ck_spinlock_clh_lock(&bench.clh, node), ck_spinlock_clh_unlock(&node))
#endif

static const struct contender contenders[] = {
    {"this, barging", barging_pairs, barging_until},
    {"this, 100", bounded100_pairs, bounded100_until},
    {"this, 2", bounded2_pairs, bounded2_until},
    {"this, FIFO", fifo_pairs, fifo_until},
    {"pthread, default", plain_pairs, plain_until},
#ifdef HAVE_CK
    {"ck ticket (*)", ticket_pairs, ticket_until},
    {"ck MCS (*)", mcs_pairs, mcs_until},
    {"ck CLH (*)", clh_pairs, clh_until},
#endif
};
#define CONTENDERS (sizeof contenders / sizeof contenders[0])

/* --- measuring ------------------------------------------------------------------------------------- */

static double uncontended_ns(const struct contender *contender) {
    uint64_t start = clock_now_ns();
    contender->pairs(PAIRS);
    return (double)(clock_now_ns() - start) / PAIRS;
}

static void *work(void *argument) {
    struct worker *worker = argument;
    worker->contender->until(worker);
    if (!worker->counts) worker->done = 0;
    return NULL;
}

static struct worker workers[THREADS_MAX];

/* Let `count` threads contend, and count from the moment when each has had the lock once. Returns
 * millions of pairs a second; the rest is in `workers`. */
static double contend(const struct contender *contender, unsigned count, bool timed) {
    pthread_t threads[THREADS_MAX];
    /* Relaxed: the threads are made after, and joined before what they did is read. */
    atomic_store_explicit(&ready, 0, memory_order_relaxed);
    atomic_store_explicit(&begins, false, memory_order_relaxed);
    atomic_store_explicit(&ends, false, memory_order_relaxed);
    for (unsigned i = 0; i < count; i++) {
        workers[i] = (struct worker){.contender = contender, .timed = timed};
        if (pthread_create(&threads[i], NULL, work, &workers[i]) != 0) {
            fprintf(stderr, "bench: no thread could be made.\n");
            exit(1);
        }
    }
    while (atomic_load_explicit(&ready, memory_order_relaxed) < count) usleep(1000); /* a hint */
    uint64_t began = clock_now_ns(), done = 0;
    atomic_store_explicit(&begins, true, memory_order_relaxed); /* as above */
    usleep(CONTEND_NS / 1000);
    atomic_store_explicit(&ends, true, memory_order_relaxed); /* as above */
    uint64_t took = clock_now_ns() - began;
    for (unsigned i = 0; i < count; i++) {
        pthread_join(threads[i], NULL);
        done += workers[i].done;
    }
    return (double)done * 1e3 / (double)took;
}

static double jain(unsigned count) {
    double sum = 0, squares = 0;
    for (unsigned i = 0; i < count; i++) {
        sum += (double)workers[i].done;
        squares += (double)workers[i].done * (double)workers[i].done;
    }
    return squares > 0 ? sum * sum / (count * squares) : 0;
}

/* The time that `part` of all waits are shorter than. */
static double percentile_us(unsigned count, double part) {
    uint64_t all = 0, below = 0;
    for (unsigned i = 0; i < count; i++) all += workers[i].done;
    for (unsigned bucket = 0; bucket < BUCKETS; bucket++) {
        for (unsigned i = 0; i < count; i++) below += workers[i].waits[bucket];
        if ((double)below >= part * (double)all) return bucket_us(bucket);
    }
    return bucket_us(BUCKETS - 1);
}

enum { PAIR_NS, FEW_MOPS, FEW_JAIN, MANY_MOPS, MANY_JAIN, P50, P99, P999, WORST, FIGURES };
static double figures[CONTENDERS][FIGURES][ROUNDS];
static unsigned few, many;

static void measure(unsigned lock, unsigned round) {
    const struct contender *contender = &contenders[lock];
    double(*row)[ROUNDS] = figures[lock];
    row[PAIR_NS][round] = uncontended_ns(contender);
    row[FEW_MOPS][round] = contend(contender, few, false);
    row[FEW_JAIN][round] = jain(few);
    row[MANY_MOPS][round] = contend(contender, many, false);
    row[MANY_JAIN][round] = jain(many);
    contend(contender, many, true);
    row[P50][round] = percentile_us(many, 0.5);
    row[P99][round] = percentile_us(many, 0.99);
    row[P999][round] = percentile_us(many, 0.999);
    row[WORST][round] = percentile_us(many, 1);
}

static int ascending(const void *left, const void *right) {
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static double median(double values[ROUNDS]) {
    qsort(values, ROUNDS, sizeof values[0], ascending);
    return values[ROUNDS / 2];
}

static void print_table(void) {
    printf("%-17s %7s   %5u threads     %5u threads     waits for it in us, %u threads\n", "",
           "alone", few, many, many);
    printf("%-17s %7s   %8s %5s   %8s %5s   %9s %9s %9s %9s\n", "lock", "ns/pair", "Mpairs/s",
           "Jain", "Mpairs/s", "Jain", "p50", "p99", "p99.9", "worst");
    for (unsigned lock = 0; lock < CONTENDERS; lock++) {
        double m[FIGURES];
        for (unsigned i = 0; i < FIGURES; i++) m[i] = median(figures[lock][i]);
        printf("%-17s %7.1f   %8.3f %5.2f   %8.4f %5.2f   %9.1f %9.1f %9.1f %9.1f\n",
               contenders[lock].name, m[PAIR_NS], m[FEW_MOPS], m[FEW_JAIN], m[MANY_MOPS],
               m[MANY_JAIN], m[P50], m[P99], m[P999], m[WORST]);
    }
    printf("\nMedians of %d rounds on %ld processors; critical section: one increment.\n", ROUNDS,
           sysconf(_SC_NPROCESSORS_ONLN));
#ifdef HAVE_CK
    printf("(*) spins only: it never sleeps, so it burns the processor that it waits on.\n");
#endif
}

int main(void) {
    few = (unsigned)sysconf(_SC_NPROCESSORS_ONLN);
    if (few < 2) few = 2;
    if (few > THREADS_MAX / 4) few = THREADS_MAX / 4;
    many = 4 * few;
    fair_mutex_init(&bench.barging, FAIR_BARGING);
    fair_mutex_init(&bench.bounded100, 100);
    fair_mutex_init(&bench.bounded2, 2);
    fair_mutex_init(&bench.fifo, FAIR_FIFO);
    pthread_mutex_init(&bench.plain, NULL);
#ifdef HAVE_CK
    ck_spinlock_ticket_init(&bench.ticket);
    ck_spinlock_mcs_init(&bench.mcs);
    ck_spinlock_clh_init(&bench.clh, aligned_alloc(64, 64));
#endif
    for (unsigned round = 0; round < ROUNDS; round++)
        for (unsigned lock = 0; lock < CONTENDERS; lock++) measure(lock, round);
    print_table();
    return 0;
}
