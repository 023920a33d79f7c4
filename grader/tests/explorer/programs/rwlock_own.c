/* rwlock_own.c - a readers-writer lock in one word: the number of readers, or -1 for a writer.
 *
 * Writers may starve; that is a property, not a fault.
 *
 * Source: M. Herlihy, N. Shavit, "The Art of Multiprocessor Programming", 2008, section 8.3; the
 *         problem is P.-J. Courtois, F. Heymans, D. L. Parnas, CACM 14(10), 1971.
 * Bugs:   COUNT_BY_STORE  a reader leaves by a load and a store: a count is lost
 *         BLIND_ENTRY     a reader counts itself without looking for a writer
 *         RELAXED_LEAVE   a leaving reader releases nothing: the writer races with its reads
 */
#include "corpus.h"

#ifdef RELAXED_LEAVE
#define LEAVE relaxed
#else
#define LEAVE release
#endif

static atomic_int word;
static int data[2];

static void read_lock(void) {
#ifdef BLIND_ENTRY
    atomic_fetch_add_explicit(&word, 1, acquire);
#else
    int seen = atomic_load_explicit(&word, relaxed);
    for (;;) {
        if (seen < 0) {
            seen = atomic_load_explicit(&word, relaxed);
        } else if (atomic_compare_exchange_strong_explicit(&word, &seen, seen + 1, acquire,
                                                           relaxed)) {
            return;
        }
    }
#endif
}

static void read_unlock(void) {
#ifdef COUNT_BY_STORE
    atomic_store_explicit(&word, atomic_load_explicit(&word, relaxed) - 1, LEAVE);
#else
    atomic_fetch_sub_explicit(&word, 1, LEAVE);
#endif
}

static void write_lock(void) {
    for (;;) {
        int expected = 0;
        if (atomic_compare_exchange_strong_explicit(&word, &expected, -1, acquire, relaxed)) return;
    }
}

static void write_unlock(void) { atomic_store_explicit(&word, 0, release); }

static void reader(int me) {
    (void)me;
    read_lock();
    assert(data[0] == data[1]);
    read_unlock();
}

static void writer(int me) {
    (void)me;
    write_lock();
    data[0]++;
    data[1]++;
    write_unlock();
}

int main(void) {
    TOGETHER(reader, reader, writer);
    assert(atomic_load_explicit(&word, relaxed) == 0);
    return 0;
}
