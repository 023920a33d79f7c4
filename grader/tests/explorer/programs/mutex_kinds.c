/* mutex_kinds.c - what POSIX promises of each kind of mutex, and what it leaves undefined.
 *
 * Source: POSIX.1-2017, pthread_mutex_lock: the table of kinds; pthread_mutex_destroy.
 * Bugs:   RELOCK          a normal mutex is locked again by its owner
 *         ONE_UNLOCK      a recursive mutex is locked twice and unlocked once
 *         UNLOCK_FREE     a normal mutex that nobody holds is unlocked
 *         UNLOCK_OTHERS   a thread unlocks the mutex that another holds
 *         DESTROY_HELD    a held mutex is destroyed
 */
#include <errno.h>

#include "corpus.h"

static pthread_mutex_t normal = PTHREAD_MUTEX_INITIALIZER, recursive, checking;
static int counter;

static void init(pthread_mutex_t *mutex, int kind) {
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_settype(&attributes, kind);
    pthread_mutex_init(mutex, &attributes);
    pthread_mutexattr_destroy(&attributes);
}

static void worker(int me) {
    (void)me;
    pthread_mutex_lock(&recursive);
    pthread_mutex_lock(&recursive);
    counter++;
    pthread_mutex_unlock(&recursive);
#ifndef ONE_UNLOCK
    pthread_mutex_unlock(&recursive);
#endif
    assert(pthread_mutex_unlock(&checking) == EPERM);
    assert(pthread_mutex_lock(&checking) == 0);
    assert(pthread_mutex_lock(&checking) == EDEADLK);
    assert(pthread_mutex_unlock(&checking) == 0);
#ifdef RELOCK
    pthread_mutex_lock(&normal);
    pthread_mutex_lock(&normal);
#endif
#ifdef UNLOCK_FREE
    pthread_mutex_unlock(&normal);
#endif
#ifdef UNLOCK_OTHERS
    if (me == 0) pthread_mutex_lock(&normal);
    if (me == 1) pthread_mutex_unlock(&normal);
#endif
}

int main(void) {
    init(&recursive, PTHREAD_MUTEX_RECURSIVE);
    init(&checking, PTHREAD_MUTEX_ERRORCHECK);
    TOGETHER(worker, worker);
#ifdef DESTROY_HELD
    pthread_mutex_lock(&normal);
#endif
    pthread_mutex_destroy(&normal);
    pthread_mutex_destroy(&recursive);
    pthread_mutex_destroy(&checking);
    return 0;
}
