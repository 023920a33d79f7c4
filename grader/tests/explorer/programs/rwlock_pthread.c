/* rwlock_pthread.c - a pthread readers-writer lock around two variables that belong together.
 *
 * Bugs:   WRITES_AS_READER  the writer takes the lock for reading
 *         UPGRADES          the writer holds it for reading when it asks for writing
 */
#include "corpus.h"

static pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
static int data[2];

static void reader(int me) {
    (void)me;
    pthread_rwlock_rdlock(&lock);
    assert(data[0] == data[1]);
    pthread_rwlock_unlock(&lock);
}

static void writer(int me) {
    (void)me;
#ifdef UPGRADES
    pthread_rwlock_rdlock(&lock);
    if (data[0] == 0) pthread_rwlock_wrlock(&lock);
#elif defined(WRITES_AS_READER)
    pthread_rwlock_rdlock(&lock);
#else
    pthread_rwlock_wrlock(&lock);
#endif
    data[0]++;
    data[1]++;
    pthread_rwlock_unlock(&lock);
}

int main(void) {
    TOGETHER(reader, writer, reader);
    return 0;
}
