/* bench.c - the lesson's mutex beside the locks that one would otherwise take.
 *
 * Prints a table: a row a lock; an uncontended pair in nanoseconds; pairs a second, in millions, for
 * 2 and for 4 threads that do nothing else; and how evenly these threads got the lock, as Jain's
 * index (R. Jain, D. Chiu, W. Hawe, "A Quantitative Measure of Fairness and Discrimination", DEC
 * TR-301, 1984): 1.00 is even, 1/n is one thread alone.
 *
 * Each cell is the median of ROUNDS runs, and the locks take turns within a round, so that a slow
 * spell of the machine meets all of them. Absolute figures drift; compare within one table.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "clock.h"
#include "cpu.h"
#include "mutex.h"

#if __has_include(<nsync.h>)
#include <nsync.h>
#define HAVE_NSYNC 1
#endif
#if __has_include(<ck_spinlock.h>)
#include <ck_spinlock.h>
#define HAVE_CK 1
#endif

#define ROUNDS      7
#define PAIRS       2000000u
#define CONTEND_NS  150000000u
#define THREADS_MAX 4

/* Each lock on lines of its own; `guarded` is what the critical section touches. */
static struct {
    _Alignas(2 * CACHE_LINE_BYTES) struct mutex ours;
    _Alignas(2 * CACHE_LINE_BYTES) pthread_mutex_t plain;
    _Alignas(2 * CACHE_LINE_BYTES) pthread_mutex_t adaptive;
#ifdef HAVE_NSYNC
    _Alignas(2 * CACHE_LINE_BYTES) nsync_mu nsync;
#endif
#ifdef HAVE_CK
    _Alignas(2 * CACHE_LINE_BYTES) ck_spinlock_fas_t ck;
#endif
    _Alignas(2 * CACHE_LINE_BYTES) uint64_t guarded;
} bench;

/* The pair must be inlined into the loop for each lock alike, so the loops are made by a macro. */
struct contender {
    const char *name;
    void (*pairs)(uint64_t count);
    uint64_t (*until)(const _Atomic(bool) *stop);
};

#define CONTENDER(id, lock, unlock)                                                                \
    static void id##_pairs(uint64_t count) {                                                       \
        for (; count > 0; count--) {                                                               \
            lock;                                                                                  \
            bench.guarded++;                                                                       \
            unlock;                                                                                \
        }                                                                                          \
    }                                                                                              \
    static uint64_t id##_until(const _Atomic(bool) *stop) {                                        \
        uint64_t done = 0;                                                                         \
        /* Relaxed: the flag ends a measurement, and hands nothing over. */                        \
        for (; !atomic_load_explicit(stop, memory_order_relaxed); done++) {                        \
            lock;                                                                                  \
            bench.guarded++;                                                                       \
            unlock;                                                                                \
        }                                                                                          \
        return done;                                                                               \
    }

CONTENDER(ours, mutex_lock(&bench.ours), mutex_unlock(&bench.ours))
CONTENDER(plain, pthread_mutex_lock(&bench.plain), pthread_mutex_unlock(&bench.plain))
CONTENDER(adaptive, pthread_mutex_lock(&bench.adaptive), pthread_mutex_unlock(&bench.adaptive))
#ifdef HAVE_NSYNC
CONTENDER(nsync, nsync_mu_lock(&bench.nsync), nsync_mu_unlock(&bench.nsync))
#endif
#ifdef HAVE_CK
CONTENDER(ck, ck_spinlock_fas_lock_eb(&bench.ck), ck_spinlock_fas_unlock(&bench.ck))
#endif

static const struct contender contenders[] = {
    {"this mutex", ours_pairs, ours_until},
    {"pthread, default", plain_pairs, plain_until},
    {"pthread, adaptive", adaptive_pairs, adaptive_until},
#ifdef HAVE_NSYNC
    {"nsync_mu", nsync_pairs, nsync_until},
#endif
#ifdef HAVE_CK
    {"ck fas, backoff (*)", ck_pairs, ck_until},
#endif
};
#define CONTENDERS (sizeof contenders / sizeof contenders[0])

static double uncontended_ns(const struct contender *contender) {
    uint64_t start = clock_now_ns();
    contender->pairs(PAIRS);
    return (double)(clock_now_ns() - start) / PAIRS;
}

struct worker {
    _Alignas(2 * CACHE_LINE_BYTES) const struct contender *contender;
    const _Atomic(bool) *stop;
    pthread_barrier_t *start;
    uint64_t done;
};

static void *work(void *argument) {
    struct worker *worker = argument;
    pthread_barrier_wait(worker->start);
    worker->done = worker->contender->until(worker->stop);
    return NULL;
}

struct contended {
    double mops, fairness;
};

static double jain(const struct worker *workers, unsigned count) {
    double sum = 0, squares = 0;
    for (unsigned i = 0; i < count; i++) {
        sum += (double)workers[i].done;
        squares += (double)workers[i].done * (double)workers[i].done;
    }
    return squares > 0 ? sum * sum / (count * squares) : 0;
}

static struct contended contend(const struct contender *contender, unsigned count) {
    static struct worker workers[THREADS_MAX];
    pthread_t threads[THREADS_MAX];
    pthread_barrier_t start;
    _Atomic(bool) stop = false;
    pthread_barrier_init(&start, NULL, count + 1);
    for (unsigned i = 0; i < count; i++) {
        workers[i] = (struct worker){.contender = contender, .stop = &stop, .start = &start};
        if (pthread_create(&threads[i], NULL, work, &workers[i]) != 0) {
            fprintf(stderr, "bench: no thread could be made.\n");
            exit(1);
        }
    }
    pthread_barrier_wait(&start);
    uint64_t began = clock_now_ns();
    usleep(CONTEND_NS / 1000);
    atomic_store_explicit(&stop, true, memory_order_relaxed); /* ends the run; hands nothing over */
    uint64_t took = clock_now_ns() - began, done = 0;
    for (unsigned i = 0; i < count; i++) {
        pthread_join(threads[i], NULL);
        done += workers[i].done;
    }
    pthread_barrier_destroy(&start);
    return (struct contended){(double)done * 1e3 / (double)took, jain(workers, count)};
}

static int ascending(const void *left, const void *right) {
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static double median(double values[ROUNDS]) {
    qsort(values, ROUNDS, sizeof values[0], ascending);
    return values[ROUNDS / 2];
}

/* What one lock showed, a value a round. */
static struct figures {
    double pair_ns[ROUNDS], mops2[ROUNDS], fair2[ROUNDS], mops4[ROUNDS], fair4[ROUNDS];
} figures[CONTENDERS];

static void measure(unsigned lock, unsigned round) {
    struct figures *row = &figures[lock];
    row->pair_ns[round] = uncontended_ns(&contenders[lock]);
    struct contended two = contend(&contenders[lock], 2), four = contend(&contenders[lock], 4);
    row->mops2[round] = two.mops, row->fair2[round] = two.fairness;
    row->mops4[round] = four.mops, row->fair4[round] = four.fairness;
}

static void print_table(void) {
    printf("%-20s %9s   %18s   %18s\n", "", "alone", "2 threads", "4 threads");
    printf("%-20s %9s   %9s %8s   %9s %8s\n", "lock", "ns/pair", "Mpairs/s", "fairness", "Mpairs/s",
           "fairness");
    for (unsigned lock = 0; lock < CONTENDERS; lock++) {
        struct figures *row = &figures[lock];
        printf("%-20s %9.1f   %9.1f %8.2f   %9.1f %8.2f\n", contenders[lock].name,
               median(row->pair_ns), median(row->mops2), median(row->fair2), median(row->mops4),
               median(row->fair4));
    }
    printf("\nMedians of %d rounds on %ld processors; critical section: one increment.\n", ROUNDS,
           sysconf(_SC_NPROCESSORS_ONLN));
#ifdef HAVE_CK
    printf("(*) spins only: it never sleeps, so it burns the processor that it waits on.\n");
#endif
}

int main(void) {
    pthread_mutexattr_t adaptive;
    pthread_mutexattr_init(&adaptive);
    pthread_mutexattr_settype(&adaptive, PTHREAD_MUTEX_ADAPTIVE_NP);
    pthread_mutex_init(&bench.adaptive, &adaptive);
    pthread_mutex_init(&bench.plain, NULL);
    for (unsigned round = 0; round < ROUNDS; round++)
        for (unsigned lock = 0; lock < CONTENDERS; lock++) measure(lock, round);
    print_table();
    return 0;
}
