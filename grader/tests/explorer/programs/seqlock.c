/* seqlock.c - a sequence lock: a reader that was overtaken by the writer reads again.
 *
 * Source: H.-J. Boehm, "Can seqlocks get along with programming language memory models?",
 *         MSPC 2012, figures 4 and 6.
 * Bugs:   NO_WRITER_FENCE  the data may be seen before the odd number
 *         NO_READER_FENCE  the second look at the number may come before the data
 *         ONE_INCREMENT    the number changes only after the data
 *         PLAIN_DATA       the data are not atomic: reading them while they change is a race
 */
#include "corpus.h"

#ifdef PLAIN_DATA
static int left, right;
#define GET(object)        (object)
#define SET(object, value) ((object) = (value))
#else
static atomic_int left, right;
#define GET(object)        atomic_load_explicit(&(object), relaxed)
#define SET(object, value) atomic_store_explicit(&(object), (value), relaxed)
#endif

static atomic_uint sequence;

static void writer(int me) {
    (void)me;
    unsigned seen = atomic_load_explicit(&sequence, relaxed);
#ifndef ONE_INCREMENT
    atomic_store_explicit(&sequence, seen + 1, relaxed);
#endif
#ifndef NO_WRITER_FENCE
    atomic_thread_fence(release);
#endif
    SET(left, 1);
    SET(right, 1);
    atomic_store_explicit(&sequence, seen + 2, release);
}

static bool try_read(int *a, int *b) {
    unsigned before = atomic_load_explicit(&sequence, acquire);
    if (before % 2) return false;
    *a = GET(left);
    *b = GET(right);
#ifndef NO_READER_FENCE
    atomic_thread_fence(acquire);
#endif
    return atomic_load_explicit(&sequence, relaxed) == before;
}

static void reader(int me) {
    (void)me;
    int a, b;
    while (!try_read(&a, &b))
        ;
    assert(a == b);
}

int main(void) {
    TOGETHER(writer, reader);
    return 0;
}
