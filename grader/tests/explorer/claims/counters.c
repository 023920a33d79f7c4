/* counters.c - counters: fetch_add, compare-and-exchange, under locks, load and store. */
#include <linux/futex.h>
#include <pthread.h>
#include <semaphore.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "claims.h"
#include "cpu.h"

static atomic_int counter;
static atomic_bool spinning;
static _Atomic(uint32_t) word; /* Drepper's second mutex: 0 free, 1 held, 2 perhaps waited for */
static pthread_mutex_t mutex;
static sem_t semaphore;
static int guarded;

static void setup(void) {
    atomic_init(&counter, 0);
    atomic_init(&spinning, false);
    atomic_init(&word, 0);
    pthread_mutex_init(&mutex, NULL);
    sem_init(&semaphore, 0, 1);
    guarded = 0;
}

/* --- without locks ------------------------------------------------------------------------------ */

static int by_update(void) { return atomic_fetch_add_explicit(&counter, 1, relaxed); }

static int by_compare(void) {
    int seen = atomic_load_explicit(&counter, relaxed);
    while (!atomic_compare_exchange_strong_explicit(&counter, &seen, seen + 1, relaxed, relaxed))
        ;
    return seen;
}

/* The same, but each attempt begins with a load: where it begins again, nothing tells it from before. */
static int by_loading_again(void) {
    int seen;
    do seen = atomic_load_explicit(&counter, relaxed);
    while (!atomic_compare_exchange_strong_explicit(&counter, &(int){seen}, seen + 1, relaxed,
                                                    relaxed));
    return seen;
}

static int by_load_and_store(void) {
    int seen = atomic_load_explicit(&counter, relaxed);
    atomic_store_explicit(&counter, seen + 1, relaxed);
    return seen;
}

/* --- under locks -------------------------------------------------------------------------------- */

static int add_guarded(void) { return guarded++; }

static int by_spinning(void) {
    while (atomic_exchange_explicit(&spinning, true, acquire)) /* waits */
        ;
    int seen = add_guarded();
    atomic_store_explicit(&spinning, false, release);
    return seen;
}

/* No two rounds of its loop are alike. */
static int by_counting_rounds(void) {
    volatile int rounds = 0;
    while (atomic_exchange_explicit(&spinning, true, acquire)) rounds++; /* waits and counts */
    int seen = add_guarded();
    atomic_store_explicit(&spinning, false, release);
    return seen;
}

/* Looks before it tries. */
static int by_looking(void) {
    do
        while (atomic_load_explicit(&spinning, relaxed)) cpu_relax(); /* waits and looks */
    while (atomic_exchange_explicit(&spinning, true, acquire));
    int seen = add_guarded();
    atomic_store_explicit(&spinning, false, release);
    return seen;
}

static int by_semaphore(void) {
    sem_wait(&semaphore); /* waits for a post */
    int seen = add_guarded();
    sem_post(&semaphore);
    return seen;
}

static uint32_t compare_word(uint32_t expected, uint32_t desired) {
    atomic_compare_exchange_strong_explicit(&word, &expected, desired, acquire, acquire);
    return expected;
}

static int by_futex(void) {
    for (uint32_t seen = compare_word(0, 1); seen != 0; seen = compare_word(0, 2))
        if (seen == 2 || compare_word(1, 2) != 0)
            syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 2, NULL, NULL, 0);
    int seen = add_guarded();
    if (atomic_fetch_sub_explicit(&word, 1, release) != 1) {
        atomic_store_explicit(&word, 0, release);
        syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
    }
    return seen;
}

static int by_mutex(void) {
    pthread_mutex_lock(&mutex); /* waits */
    int seen = add_guarded();
    pthread_mutex_unlock(&mutex);
    return seen;
}

/* --- scenarios ---------------------------------------------------------------------------------- */

/* One thread counts once; others as often as is asked for. */
#define COUNTER(name_, function_, claim_)                                                          \
    static void name_##_once(void) { history_record(function_(), "fetch_add", 1); }                \
    static void name_##_often(void) {                                                              \
        for (int i = scenario_contention(); i > 0; i--) name_##_once();                            \
    }                                                                                              \
    SCENARIO(name_, .promise = "no count is lost", .setup = setup,                                 \
             .threads = {name_##_once, name_##_often}, .linearizable = &history_counter,           \
             .progress = (claim_))

COUNTER(update, by_update, PROGRESS_WAIT_FREE);
COUNTER(compare, by_compare, PROGRESS_LOCK_FREE);
COUNTER(compare_claims_more, by_compare, PROGRESS_WAIT_FREE);
COUNTER(compare_claims_nothing, by_compare, PROGRESS_NOT_CLAIMED);
COUNTER(loading_again, by_loading_again, PROGRESS_LOCK_FREE);
COUNTER(load_and_store, by_load_and_store, PROGRESS_WAIT_FREE);
COUNTER(spinning, by_spinning, PROGRESS_LOCK_FREE);
COUNTER(spinning_claims_nothing, by_spinning, PROGRESS_NOT_CLAIMED);
COUNTER(counting_rounds, by_counting_rounds, PROGRESS_OBSTRUCTION_FREE);
COUNTER(looking, by_looking, PROGRESS_OBSTRUCTION_FREE);
COUNTER(semaphore, by_semaphore, PROGRESS_OBSTRUCTION_FREE);
COUNTER(futex, by_futex, PROGRESS_OBSTRUCTION_FREE);
COUNTER(mutex, by_mutex, PROGRESS_OBSTRUCTION_FREE);
