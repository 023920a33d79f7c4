/* c11.c - the C11 names: threads, a timed and recursive mutex, a condition variable, call_once,
 * thread-specific data. */
#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <threads.h>
#include <time.h>

#include "outcome.h"

static mtx_t mutex;
static cnd_t cond;
static once_flag once = ONCE_FLAG_INIT;
static tss_t tss;
static bool ready;
static int prepared, shared;

static void prepare(void) { prepared++; }

static int consumer(void *unused) {
    (void)unused;
    call_once(&once, prepare);
    assert(prepared == 1);
    assert(tss_set(tss, &shared) == thrd_success && tss_get(tss) == &shared);
#ifdef NO_LOCK
    if (ready) return 5;
#endif
    assert(mtx_lock(&mutex) == thrd_success);
    while (!ready) assert(cnd_wait(&cond, &mutex) == thrd_success);
    assert(mtx_trylock(&mutex) == thrd_success);
    assert(mtx_unlock(&mutex) == thrd_success);
    int seen = shared;
    assert(mtx_unlock(&mutex) == thrd_success);
    thrd_yield();
    thrd_exit(seen);
}

static int producer(void *argument) {
    struct timespec until;
    call_once(&once, prepare);
    assert(tss_get(tss) == NULL);
    timespec_get(&until, TIME_UTC);
    until.tv_sec++;
    if (mtx_timedlock(&mutex, &until) == thrd_timedout) assert(mtx_lock(&mutex) == thrd_success);
    shared = *(int *)argument;
    ready = true;
    assert(cnd_signal(&cond) == thrd_success);
    assert(mtx_unlock(&mutex) == thrd_success);
    return 7;
}

int main(void) {
    thrd_t threads[2];
    int seen, other, five = 5;
    assert(mtx_init(&mutex, mtx_timed | mtx_recursive) == thrd_success);
    assert(cnd_init(&cond) == thrd_success);
    assert(tss_create(&tss, NULL) == thrd_success);
    assert(thrd_create(&threads[0], consumer, NULL) == thrd_success);
    assert(thrd_create(&threads[1], producer, &five) == thrd_success);
    assert(!thrd_equal(threads[0], thrd_current()));
    assert(thrd_join(threads[0], &seen) == thrd_success);
    assert(thrd_join(threads[1], &other) == thrd_success);
    outcome("%d %d", seen, other);
    tss_delete(tss);
    cnd_destroy(&cond);
    mtx_destroy(&mutex);
}
