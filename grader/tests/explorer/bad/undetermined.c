/* undetermined.c - what it does depends on more than the schedule: SOURCE says on what.
 *
 * Either the explorer makes the source the same in every run, or it must say that it does not model
 * it. A verdict "correct" with another number of executions each time is neither.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#ifndef SOURCE
#define SOURCE getpid()
#endif

static atomic_int steps;

static unsigned from_getrandom(void) {
    unsigned number = 0;
    return getrandom(&number, sizeof number, 0) < 0 ? 0 : number;
}

static unsigned from_stack(void) {
    volatile int local = 0;
    return (unsigned)((uintptr_t)&local >> 4) + (unsigned)local;
}

static unsigned from_heap(void) {
    void *block = malloc(1);
    unsigned number = (unsigned)((uintptr_t)block >> 4);
    free(block);
    return number;
}

static unsigned from_libc(void) { return (unsigned)((uintptr_t)&stdout >> 4); }

static unsigned from_counter(void) {
    unsigned low, high;
    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    return low >> 3;
}

static void *works(void *argument) {
    unsigned toss = (unsigned)(SOURCE);
    for (unsigned n = 0; n < 1 + toss % 3; n++)
        atomic_fetch_add_explicit(&steps, 1, memory_order_relaxed);
    return argument;
}

int main(void) {
    pthread_t threads[2];
    (void)from_getrandom;
    (void)from_stack;
    (void)from_heap;
    (void)from_libc;
    (void)from_counter;
    for (int t = 0; t < 2; t++) pthread_create(&threads[t], NULL, works, NULL);
    for (int t = 0; t < 2; t++) pthread_join(threads[t], NULL);
    return 0;
}
