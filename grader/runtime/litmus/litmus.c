/* litmus.c - runs a litmus test on the processor for some seconds, and counts its outcomes.
 *
 *     ./test SECONDS        prints JSON: runs, processors, and each outcome with its count
 *
 * Instances of the test lie in an array. For each of them the threads meet at a barrier in memory,
 * wait for a moment of random length, and run; the moments differ, so that the threads meet in
 * every way. When the array is used up, the first thread counts and clears it. After the litmus
 * tool of Alglave, Maranget, Sarkar, Sewell, "Litmus: Running Tests against Hardware", TACAS 2011.
 */
#include "litmus.h"

#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cpu.h"

enum {
    INSTANCES = 1024,
    MOST_OUTCOMES = 1024,
    MOST_VALUES = LITMUS_MOST_REGISTERS + LITMUS_MOST_LOCATIONS,
    PATIENCE = 400 /* looks at the barrier before the processor is offered to somebody else */
};

struct results {
    _Alignas(128) int got[LITMUS_MOST_REGISTERS];
};
struct instance {
    struct litmus_location at[LITMUS_MOST_LOCATIONS];
    struct results of[LITMUS_MOST_THREADS];
};
struct outcome {
    int values[MOST_VALUES];
    uint64_t seen;
};

static struct instance instances[INSTANCES];
static struct outcome outcomes[MOST_OUTCOMES];
static size_t outcomes_known;
static uint64_t runs;
static _Alignas(128) atomic_ullong arrived; /* at the barrier in memory, ever */
static pthread_barrier_t begin, end;        /* of one pass through the array */
static bool over;                           /* written between two passes */
static int processors;

/* All threads leave as close together as a cache line travels. */
static void meet(unsigned long long everybody) {
    /* Release and acquire: what was written before the barrier is there behind it. On x86 the
     * update is a full barrier: the store buffers are empty when an instance begins. */
    atomic_fetch_add_explicit(&arrived, 1, memory_order_acq_rel);
    for (int looks = 0;; looks++) {
        /* Acquire: the other end. */
        if (atomic_load_explicit(&arrived, memory_order_acquire) >= everybody) return;
        if (looks >=
            PATIENCE) { /* there are more threads than processors, or the machine is busy */
            sched_yield();
            looks = 0;
        }
    }
}

/* A moment of 0 to `most` short steps. */
static void linger(uint32_t *seed, uint32_t most) {
    *seed = *seed * 1664525u + 1013904223u;
    for (volatile uint32_t left = (*seed >> 16) & most; left > 0; left--) {
    }
}

static void pass(int me, uint64_t round, uint32_t *seed) {
    static const uint32_t MOST[] = {0, 3, 15, 63};
    const struct litmus_test *test = &litmus_test;
    unsigned long long everybody = round * INSTANCES * (unsigned)test->threads;
    uint32_t most = MOST[round % (sizeof MOST / sizeof *MOST)];
    for (size_t n = 0; n < INSTANCES; n++) {
        everybody += (unsigned)test->threads;
        meet(everybody);
        linger(seed, most);
        test->run[me](instances[n].at, instances[n].of[me].got);
    }
}

static void count(const int *values, size_t wide) {
    size_t place = 0;
    while (place < outcomes_known && memcmp(outcomes[place].values, values, wide) != 0) place++;
    if (place == MOST_OUTCOMES) {
        fprintf(stderr, "litmus: more than %d different outcomes\n", MOST_OUTCOMES);
        exit(3);
    }
    if (place == outcomes_known) memcpy(outcomes[outcomes_known++].values, values, wide);
    outcomes[place].seen++;
}

static void count_all(void) {
    const struct litmus_test *test = &litmus_test;
    for (size_t n = 0; n < INSTANCES; n++) {
        int values[MOST_VALUES] = {0}, many = 0;
        for (int r = 0; r < test->registers; r++)
            values[many++] = instances[n].of[test->owner[r]].got[r];
        for (int o = 0; o < test->observed; o++)
            /* Relaxed: all threads have passed the barrier of the pass. */
            values[many++] = atomic_load_explicit(&instances[n].at[test->watched[o]].value,
                                                  memory_order_relaxed);
        count(values, (size_t)many * sizeof *values);
    }
    runs += INSTANCES;
}

static void *helper(void *number) {
    int me = (int)(intptr_t)number;
    uint32_t seed = (uint32_t)me * 2654435761u + 1;
    for (uint64_t round = 0;; round++) {
        pthread_barrier_wait(&begin);
        if (over) return NULL;
        pass(me, round, &seed);
        pthread_barrier_wait(&end);
    }
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void lead(double seconds) {
    uint32_t seed = 1;
    double until = now() + seconds;
    for (uint64_t round = 0; round == 0 || now() < until; round++) {
        memset(instances, 0, sizeof instances);
        pthread_barrier_wait(&begin);
        pass(0, round, &seed);
        pthread_barrier_wait(&end);
        count_all();
    }
    over = true;
    pthread_barrier_wait(&begin);
}

/* A thread per processor, if there are enough; otherwise the kernel moves them about. */
static void settle(pthread_t thread, int me, const cpu_set_t *allowed) {
    if (litmus_test.threads > processors) return;
    cpu_set_t only;
    CPU_ZERO(&only);
    for (int cpu = 0, seen = 0; cpu < CPU_SETSIZE; cpu++)
        if (CPU_ISSET(cpu, allowed) && seen++ == me) CPU_SET(cpu, &only);
    pthread_setaffinity_np(thread, sizeof only, &only); /* if it is refused, so be it */
}

static void report(double seconds) {
    int names = litmus_test.registers + litmus_test.observed;
    printf("{\"runs\": %llu, \"processors\": %d, \"seconds\": %.3f, \"outcomes\": [",
           (unsigned long long)runs, processors, seconds);
    for (size_t n = 0; n < outcomes_known; n++) {
        printf("%s{\"state\": \"", n ? ", " : "");
        for (int v = 0; v < names; v++)
            printf("%s%s=%d", v ? " " : "", litmus_test.outcome[v], outcomes[n].values[v]);
        printf("\", \"seen\": %llu}", (unsigned long long)outcomes[n].seen);
    }
    printf("]}\n");
}

int main(int argc, char **argv) {
    double seconds = argc > 1 ? atof(argv[1]) : 1.0, started = now();
    pthread_t threads[LITMUS_MOST_THREADS];
    cpu_set_t allowed;
    sched_getaffinity(0, sizeof allowed, &allowed);
    processors = CPU_COUNT(&allowed);
    pthread_barrier_init(&begin, NULL, (unsigned)litmus_test.threads);
    pthread_barrier_init(&end, NULL, (unsigned)litmus_test.threads);
    settle(pthread_self(), 0, &allowed);
    for (int me = 1; me < litmus_test.threads; me++) {
        if (pthread_create(&threads[me], NULL, helper, (void *)(intptr_t)me) != 0) {
            fprintf(stderr, "litmus: cannot start %d threads\n", litmus_test.threads);
            return 3;
        }
        settle(threads[me], me, &allowed);
    }
    lead(seconds);
    for (int me = 1; me < litmus_test.threads; me++) pthread_join(threads[me], NULL);
    report(now() - started);
    return 0;
}
