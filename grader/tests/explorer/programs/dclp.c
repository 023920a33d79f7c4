/* dclp.c - double-checked locking: an object made by whoever needs it first.
 *
 * Source: S. Meyers, A. Alexandrescu, "C++ and the perils of double-checked locking", Dr. Dobb's
 *         Journal, 2004.
 * Bugs:   RELAXED_LOAD    the quick check acquires nothing
 *         RELAXED_STORE   the pointer may be seen before the object
 *         ONE_CHECK       does not look again under the lock: made twice, one leaks
 *         PLAIN           the pointer is no atomic
 */
#include "corpus.h"

#ifdef RELAXED_LOAD
#define ACQUIRE relaxed
#else
#define ACQUIRE acquire
#endif
#ifdef RELAXED_STORE
#define RELEASE relaxed
#else
#define RELEASE release
#endif

struct settings {
    int answer;
};

#ifdef PLAIN
static struct settings *shared;
#define GET(order)        (shared)
#define SET(value, order) (shared = (value))
#else
static _Atomic(struct settings *) shared;
#define GET(order)        atomic_load_explicit(&shared, order)
#define SET(value, order) atomic_store_explicit(&shared, value, order)
#endif
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

static struct settings *make(void) {
    struct settings *made = malloc(sizeof *made);
    assert(made);
    made->answer = 42;
    return made;
}

static struct settings *settings(void) {
    struct settings *found = GET(ACQUIRE);
    if (found) return found;
    pthread_mutex_lock(&mutex);
#ifdef ONE_CHECK
    SET(make(), RELEASE);
#else
    if (!GET(relaxed)) SET(make(), RELEASE);
#endif
    found = GET(relaxed);
    pthread_mutex_unlock(&mutex);
    return found;
}

static void worker(int me) {
    (void)me;
    assert(settings()->answer == 42);
}

int main(void) {
    TOGETHER(worker, worker, worker);
    free(GET(relaxed));
    return 0;
}
