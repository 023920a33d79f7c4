/* spinlock_pthread.c - pthread spin locks.
 *
 * Bugs:   TWO_LOCKS       each thread uses a lock of its own
 *         NEVER_UNLOCKS   the first to come does not unlock
 */
#include "corpus.h"

static pthread_spinlock_t locks[2];
static int counter;

static void worker(int me) {
#ifdef TWO_LOCKS
    pthread_spinlock_t *lock = &locks[me];
#else
    pthread_spinlock_t *lock = &locks[0];
    (void)me;
#endif
    pthread_spin_lock(lock);
    counter++;
#ifdef NEVER_UNLOCKS
    if (counter == 1) return;
#endif
    pthread_spin_unlock(lock);
}

int main(void) {
    for (int n = 0; n < 2; n++) pthread_spin_init(&locks[n], PTHREAD_PROCESS_PRIVATE);
    TOGETHER(worker, worker);
    assert(counter == 2);
    for (int n = 0; n < 2; n++) pthread_spin_destroy(&locks[n]);
    return 0;
}
