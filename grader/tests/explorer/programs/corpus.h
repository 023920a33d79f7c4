/* corpus.h - what the programs of this directory share: short names of orders, threads, futexes. */
#ifndef CORPUS_H
#define CORPUS_H

#include <assert.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#define relaxed memory_order_relaxed
#define acquire memory_order_acquire
#define release memory_order_release
#define acq_rel memory_order_acq_rel
#define seq_cst memory_order_seq_cst

/* What a thread of a program does; `me` is its place in TOGETHER's list, from 0. */
typedef void body(int me);

struct corpus_start {
    body *run;
    int me;
};

static inline void *corpus_thread(void *argument) {
    struct corpus_start *start = argument;
    start->run(start->me);
    return NULL;
}

static inline void corpus_together(int count, body *const *bodies) {
    pthread_t threads[4];
    struct corpus_start starts[4];
    for (int t = 0; t < count; t++) {
        starts[t] = (struct corpus_start){bodies[t], t};
        int error = pthread_create(&threads[t], NULL, corpus_thread, &starts[t]);
        assert(error == 0);
        (void)error;
    }
    for (int t = 0; t < count; t++) pthread_join(threads[t], NULL);
}

/* Run up to four bodies, each on a thread of its own, and join them all. */
#define TOGETHER(...)                                                                              \
    corpus_together((int)(sizeof((body *[]){__VA_ARGS__}) / sizeof(body *)),                       \
                    (body *[]){__VA_ARGS__})

/* Sleep while *word == value. Returns 0, or -1 with errno. May return for no reason. */
static inline long futex_sleep(_Atomic(uint32_t) *word, uint32_t value) {
    return syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, NULL, NULL, 0);
}

/* Wake up to `count` threads that sleep on `word`. Returns how many. */
static inline long futex_rouse(_Atomic(uint32_t) *word, int count) {
    return syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, count, NULL, NULL, 0);
}

#endif
