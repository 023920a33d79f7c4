/* bounded.c - bounded queues: a ring for one producer and one consumer, and a buffer under a mutex.
 *
 * Source: L. Lamport, "Specifying Concurrent Program Modules", ACM TOPLAS 5(2), 1983 (the ring).
 * With acquire and release the ring is a ring, but not a linearizable one: its producer may still find
 * it full when its consumer already finds it empty (store buffering: each has moved its own index and
 * looks at an old one of the other). SEQ_CST orders the four accesses, and then it is.
 *
 * Bugs:   TOO_LARGE      the ring takes one element more than there are places
 *         LOOKS_OUTSIDE  the buffer is asked whether it is full before the mutex is locked
 */
#include <pthread.h>

#include "claims.h"

enum { PLACES = 2 };

static const struct history_spec bounded_queue = HISTORY_BOUNDED_QUEUE(PLACES);
static const struct history_spec queue_of_one = HISTORY_BOUNDED_QUEUE(1);

#ifdef SEQ_CST
#define ACQUIRE seq_cst
#define RELEASE seq_cst
#else
#define ACQUIRE acquire
#define RELEASE release
#endif

/* --- the ring ----------------------------------------------------------------------------------- */

static atomic_int places[PLACES];
static atomic_uint pushed, popped;

static int64_t ring_push(int value) {
    unsigned end = atomic_load_explicit(&pushed, relaxed);
    unsigned begin = atomic_load_explicit(&popped, ACQUIRE);
#ifdef TOO_LARGE
    if (end - begin == PLACES + 1) return 0;
#else
    if (end - begin == PLACES) return 0;
#endif
    atomic_store_explicit(&places[end % PLACES], value, relaxed);
    atomic_store_explicit(&pushed, end + 1, RELEASE);
    return 1;
}

static int64_t ring_pop(void) {
    unsigned begin = atomic_load_explicit(&popped, relaxed);
    if (atomic_load_explicit(&pushed, ACQUIRE) == begin) return HISTORY_NONE;
    int value = atomic_load_explicit(&places[begin % PLACES], relaxed);
    atomic_store_explicit(&popped, begin + 1, RELEASE);
    return value;
}

static void ring_setup(void) {
    atomic_init(&pushed, 0);
    atomic_init(&popped, 0);
    for (int p = 0; p < PLACES; p++) atomic_init(&places[p], 0);
}

static void produces(void) {
    for (int value = 1; value <= 3; value++) history_record(ring_push(value), "push", value);
}
static void consumes(void) {
    for (int i = 0; i < 2; i++) history_record(ring_pop(), "pop");
}

SCENARIO(ring, .promise = "the ring is a queue of two places", .setup = ring_setup,
         .threads = {produces, consumes}, .linearizable = &bounded_queue);

static void produces_once(void) { history_record(ring_push(9), "push", 9); }
static void consumes_often(void) {
    for (int i = scenario_contention(); i > 0; i--) history_record(ring_pop(), "pop");
}

SCENARIO(ring_waits_for_nobody, .promise = "neither side waits", .setup = ring_setup,
         .threads = {produces_once, consumes_often}, .linearizable = &bounded_queue,
         .progress = PROGRESS_WAIT_FREE);

/* --- the buffer --------------------------------------------------------------------------------- */

static pthread_mutex_t mutex;
static atomic_int count;
static int only;

static bool full(void) { return atomic_load_explicit(&count, acquire) == 1; }

static int64_t buffer_push(int value) {
#ifdef LOOKS_OUTSIDE
    bool refused = full();
    pthread_mutex_lock(&mutex);
#else
    pthread_mutex_lock(&mutex);
    bool refused = full();
#endif
    if (!refused) {
        only = value;
        atomic_store_explicit(&count, 1, release);
    }
    pthread_mutex_unlock(&mutex);
    return !refused;
}

static int64_t buffer_pop(void) {
    pthread_mutex_lock(&mutex);
    int64_t value = full() ? only : HISTORY_NONE;
    atomic_store_explicit(&count, 0, release);
    pthread_mutex_unlock(&mutex);
    return value;
}

static void buffer_setup(void) {
    pthread_mutex_init(&mutex, NULL);
    atomic_init(&count, 0);
    only = 0;
}

static void puts_one(void) { history_record(buffer_push(1), "push", 1); }
static void puts_another(void) { history_record(buffer_push(2), "push", 2); }
static void takes(void) { history_record(buffer_pop(), "pop"); }

SCENARIO(buffer, .promise = "the buffer is a queue of one place", .setup = buffer_setup,
         .threads = {puts_one, puts_another, takes}, .linearizable = &queue_of_one);
