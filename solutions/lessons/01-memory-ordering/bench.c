/* bench.c - the lesson's four objects beside what one would otherwise take.
 *
 * Prints a table: a row a way of doing it; nanoseconds for one operation of a thread that is alone;
 * and millions of operations a second for 2 threads that do nothing else to the same object. Each
 * cell is the median of ROUNDS runs, and the rows take turns within a round, so that a slow spell
 * of the machine meets all of them. Absolute figures drift; compare within one table.
 *
 * The lesson's functions and the C library's are called, the bare atomic operations are inlined.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <threads.h>
#include <unistd.h>

#include "clock.h"
#include "cpu.h"
#include "ordering.h"

#define ROUNDS     7
#define OPERATIONS 2000000u
#define CONTEND_NS 100000000u
#define THREADS    2

#define OWN_LINES _Alignas(2 * CACHE_LINE_BYTES)

static struct {
    OWN_LINES struct cell cell;
    OWN_LINES struct once once;
    OWN_LINES pthread_once_t posix_once;
    OWN_LINES once_flag c11_once;
    OWN_LINES struct peterson peterson, exchanging, fenced;
    OWN_LINES pthread_mutex_t mutex;
    OWN_LINES struct refcount refcount;
    OWN_LINES _Atomic(uint32_t) count;
    OWN_LINES uint64_t guarded;
} bench = {.posix_once = PTHREAD_ONCE_INIT,
           .c11_once = ONCE_FLAG_INIT,
           .mutex = PTHREAD_MUTEX_INITIALIZER};

static _Thread_local unsigned me; /* 0 or 1 */

static void nothing(void) {}
static void nothing_with(void *unused) { (void)unused; }

/* Kept from being optimised away. */
static inline void use(const void *value) { __asm__ volatile("" : : "r"(value) : "memory"); }

static const void *read_under_mutex(void) {
    pthread_mutex_lock(&bench.mutex);
    const void *value = &bench.guarded;
    use(value);
    pthread_mutex_unlock(&bench.mutex);
    return value;
}

/* Peterson's lock as the alternates have it, reduced to what costs time. Relaxed and acquire are
 * plain moves on x86: what is compared is two exchanges, one exchange, and two fences. */
static void exchanging_pair(void) {
    struct peterson *lock = &bench.exchanging;
    unsigned other = 1 - me;
    /* Relaxed: the exchange publishes it, see alternates/exchanges. */
    atomic_store_explicit(&lock->wants[me], 1, memory_order_relaxed);
    atomic_exchange_explicit(&lock->turn, other, memory_order_acq_rel);
    while (atomic_load_explicit(&lock->wants[other], memory_order_acquire) &&
           atomic_load_explicit(&lock->turn, memory_order_acquire) == other)
        cpu_relax();
    bench.guarded++;
    atomic_store_explicit(&lock->wants[me], 0, memory_order_release); /* the unlock */
}

static void fenced_pair(void) {
    struct peterson *lock = &bench.fenced;
    unsigned other = 1 - me;
    /* Relaxed, with fences: see alternates/fences. */
    atomic_store_explicit(&lock->wants[me], 1, memory_order_relaxed);
    atomic_thread_fence(memory_order_seq_cst);
    atomic_store_explicit(&lock->turn, other, memory_order_relaxed);
    atomic_thread_fence(memory_order_seq_cst);
    while (atomic_load_explicit(&lock->wants[other], memory_order_acquire) &&
           atomic_load_explicit(&lock->turn, memory_order_acquire) == other)
        cpu_relax();
    bench.guarded++;
    atomic_store_explicit(&lock->wants[me], 0, memory_order_release); /* the unlock */
}

static void peterson_pair(void) {
    peterson_lock(&bench.peterson, me);
    bench.guarded++;
    peterson_unlock(&bench.peterson, me);
}

static void mutex_pair(void) {
    pthread_mutex_lock(&bench.mutex);
    bench.guarded++;
    pthread_mutex_unlock(&bench.mutex);
}

static void refcount_pair(void) {
    refcount_acquire(&bench.refcount);
    refcount_release(&bench.refcount);
}

static void try_pair(void) {
    refcount_try_acquire(&bench.refcount);
    refcount_release(&bench.refcount);
}

/* The orders of our pair, without its checks. */
static void bare_pair(void) {
    atomic_fetch_add_explicit(&bench.count, 1, memory_order_relaxed);
    atomic_fetch_sub_explicit(&bench.count, 1, memory_order_release);
}

/* The strongest order, to show what it costs: on x86, nothing. */
static void strongest_pair(void) {
    atomic_fetch_add_explicit(&bench.count, 1, memory_order_seq_cst);
    atomic_fetch_sub_explicit(&bench.count, 1, memory_order_seq_cst);
}

/* The operation must be in the loop itself, for each row alike: a macro makes the loops. */
struct row {
    const char *name;
    void (*alone)(uint64_t count);
    uint64_t (*until)(const _Atomic(bool) *stop);
};

#define ROW(id, operation)                                                                         \
    static void id##_alone(uint64_t count) {                                                       \
        for (; count > 0; count--) operation;                                                      \
    }                                                                                              \
    static uint64_t id##_until(const _Atomic(bool) *stop) {                                        \
        uint64_t done = 0;                                                                         \
        /* Relaxed: the flag ends a measurement, and hands nothing over. */                        \
        for (; !atomic_load_explicit(stop, memory_order_relaxed); done++) operation;               \
        return done;                                                                               \
    }

ROW(cell, use(cell_read(&bench.cell)))
ROW(locked_read, use(read_under_mutex()))
ROW(once, once_run(&bench.once, nothing_with, NULL))
ROW(posix_once, pthread_once(&bench.posix_once, nothing))
ROW(c11_once, call_once(&bench.c11_once, nothing))
ROW(peterson, peterson_pair())
ROW(exchanging, exchanging_pair())
ROW(fenced, fenced_pair())
ROW(mutex, mutex_pair())
ROW(refcount, refcount_pair())
ROW(try, try_pair())
ROW(bare, bare_pair())
ROW(strongest, strongest_pair())

static const struct row rows[] = {
    {"cell_read", cell_alone, cell_until},
    {"  pointer under a pthread mutex", locked_read_alone, locked_read_until},
    {"once_run, when it is over", once_alone, once_until},
    {"  pthread_once", posix_once_alone, posix_once_until},
    {"  call_once (C11)", c11_once_alone, c11_once_until},
    {"peterson_lock and _unlock", peterson_alone, peterson_until},
    {"  by one exchange, inlined", exchanging_alone, exchanging_until},
    {"  by two fences, inlined", fenced_alone, fenced_until},
    {"  pthread mutex", mutex_alone, mutex_until},
    {"refcount_acquire and _release", refcount_alone, refcount_until},
    {"refcount_try_acquire and _release", try_alone, try_until},
    {"  fetch_add and _sub, inlined", bare_alone, bare_until},
    {"  the same, seq_cst", strongest_alone, strongest_until},
};
#define ROWS (sizeof rows / sizeof rows[0])

static double alone_ns(const struct row *row) {
    uint64_t start = clock_now_ns();
    row->alone(OPERATIONS);
    return (double)(clock_now_ns() - start) / OPERATIONS;
}

struct worker {
    OWN_LINES const struct row *row;
    const _Atomic(bool) *stop;
    pthread_barrier_t *start;
    unsigned number;
    uint64_t done;
};

static void *work(void *argument) {
    struct worker *worker = argument;
    me = worker->number;
    pthread_barrier_wait(worker->start);
    worker->done = worker->row->until(worker->stop);
    return NULL;
}

static double contended_mops(const struct row *row) {
    static struct worker workers[THREADS];
    pthread_t threads[THREADS];
    pthread_barrier_t start;
    _Atomic(bool) stop = false;
    pthread_barrier_init(&start, NULL, THREADS + 1);
    for (unsigned n = 0; n < THREADS; n++) {
        workers[n] = (struct worker){.row = row, .stop = &stop, .start = &start, .number = n};
        if (pthread_create(&threads[n], NULL, work, &workers[n]) != 0) {
            fprintf(stderr, "bench: no thread could be made.\n");
            exit(1);
        }
    }
    pthread_barrier_wait(&start);
    uint64_t began = clock_now_ns(), done = 0;
    usleep(CONTEND_NS / 1000);
    atomic_store_explicit(&stop, true, memory_order_relaxed); /* ends the run; hands nothing over */
    uint64_t took = clock_now_ns() - began;
    for (unsigned n = 0; n < THREADS; n++) {
        pthread_join(threads[n], NULL);
        done += workers[n].done;
    }
    pthread_barrier_destroy(&start);
    return (double)done * 1e3 / (double)took;
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
    static double alone[ROWS][ROUNDS], together[ROWS][ROUNDS];
    cell_publish(&bench.cell, &bench.guarded);
    refcount_init(&bench.refcount, 1);
    atomic_store_explicit(&bench.count, 1, memory_order_relaxed); /* no other thread yet */
    for (unsigned round = 0; round < ROUNDS; round++) {
        for (unsigned row = 0; row < ROWS; row++) {
            alone[row][round] = alone_ns(&rows[row]);
            together[row][round] = contended_mops(&rows[row]);
        }
    }
    printf("%-36s %9s   %12s\n", "", "alone", "2 threads");
    printf("%-36s %9s   %12s\n", "", "ns", "Mops/s");
    for (unsigned row = 0; row < ROWS; row++)
        printf("%-36s %9.1f   %12.1f\n", rows[row].name, median(alone[row]), median(together[row]));
    printf("\nMedians of %d rounds on %ld processors.\n", ROUNDS, sysconf(_SC_NPROCESSORS_ONLN));
    return 0;
}
