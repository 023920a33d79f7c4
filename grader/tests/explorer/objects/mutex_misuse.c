/* mutex_misuse.c - what POSIX calls undefined at a mutex (MISUSE, and which), or an error. */
#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stddef.h>

#ifdef MISUSE
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
#endif

#if defined UNLOCK_FREE
static void *other(void *unused) { return unused; }
static void test(void) { pthread_mutex_unlock(&mutex); }
#elif defined UNLOCK_OTHERS
static void *other(void *unused) {
    pthread_mutex_unlock(&mutex);
    return unused;
}
static void test(void) { pthread_mutex_lock(&mutex); }
#elif defined DESTROY_HELD
static void *other(void *unused) { return unused; }
static void test(void) {
    pthread_mutex_lock(&mutex);
    pthread_mutex_destroy(&mutex);
}
#elif defined DESTROY_BESIDE
static void *other(void *unused) {
    pthread_mutex_lock(&mutex);
    pthread_mutex_unlock(&mutex);
    return unused;
}
static void test(void) { pthread_mutex_destroy(&mutex); }
#elif defined USE_DESTROYED
static void *other(void *unused) { return unused; }
static void test(void) {
    pthread_mutex_destroy(&mutex);
    pthread_mutex_lock(&mutex);
}
#elif defined RELOCK
static void *other(void *unused) { return unused; }
static void test(void) {
    pthread_mutex_lock(&mutex);
    pthread_mutex_lock(&mutex);
}
#elif defined RACING_INIT
static void *other(void *unused) {
    pthread_mutex_lock(&mutex);
    pthread_mutex_unlock(&mutex);
    return unused;
}
static void test(void) { pthread_mutex_init(&mutex, NULL); }
#else
/* No misuse: the errors that are promised. */
static void *other(void *unused) {
    pthread_mutex_t *checking = unused;
    assert(pthread_mutex_unlock(checking) == EPERM);
    assert(pthread_mutex_trylock(checking) == EBUSY);
    return unused;
}
static void test(void) {
    static pthread_mutex_t checking = PTHREAD_ERRORCHECK_MUTEX_INITIALIZER_NP;
    static pthread_mutex_t recursive;
    pthread_mutexattr_t attributes;
    pthread_t thread;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(&recursive, &attributes);
    pthread_mutexattr_destroy(&attributes);
    assert(pthread_mutex_lock(&checking) == 0);
    assert(pthread_mutex_lock(&checking) == EDEADLK);
    assert(pthread_mutex_trylock(&checking) == EBUSY);
    assert(pthread_mutex_lock(&recursive) == 0);
    assert(pthread_mutex_lock(&recursive) == 0);
    assert(pthread_mutex_trylock(&recursive) == 0);
    pthread_create(&thread, NULL, other, &checking);
    pthread_join(thread, NULL);
    pthread_create(&thread, NULL, other, &recursive);
    pthread_join(thread, NULL);
    assert(pthread_mutex_unlock(&recursive) == 0);
    assert(pthread_mutex_unlock(&recursive) == 0);
    assert(pthread_mutex_unlock(&recursive) == 0);
    assert(pthread_mutex_unlock(&recursive) == EPERM);
    assert(pthread_mutex_unlock(&checking) == 0);
    assert(pthread_mutex_destroy(&recursive) == 0);
    assert(pthread_mutex_init(&recursive, NULL) == 0);
    assert(pthread_mutex_lock(&recursive) == 0);
    assert(pthread_mutex_unlock(&recursive) == 0);
}
#endif

int main(void) {
    pthread_t thread;
#ifdef MISUSE
    pthread_create(&thread, NULL, other, NULL);
    test();
    pthread_join(thread, NULL);
#else
    (void)thread;
    test();
#endif
}
