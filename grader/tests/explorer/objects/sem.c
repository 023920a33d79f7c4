/* sem.c - an unnamed semaphore. */
#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stddef.h>
#include <time.h>

#include "outcome.h"

static sem_t sem;

#ifdef LIMIT
/* Three threads pass a semaphore of 2. The orders of three waits, each before its post, are
 * 6! / 2!^3 = 90; in 3! * 3! = 36 of them all waits come first, which the semaphore forbids. */
static atomic_int inside;

static void *pass(void *unused) {
    sem_wait(&sem);
#ifdef CHECKED
    assert(atomic_fetch_add_explicit(&inside, 1, memory_order_relaxed) < 2);
    atomic_fetch_sub_explicit(&inside, 1, memory_order_relaxed);
#endif
    sem_post(&sem);
    return unused;
}

int main(void) {
    pthread_t threads[3];
    int value;
    sem_init(&sem, 0, 2);
    for (int t = 0; t < 3; t++) pthread_create(&threads[t], NULL, pass, NULL);
    for (int t = 0; t < 3; t++) pthread_join(threads[t], NULL);
    assert(sem_getvalue(&sem, &value) == 0 && value == 2);
    assert(atomic_load(&inside) == 0);
    assert(sem_destroy(&sem) == 0);
}
#else
static int data;

static void *give(void *unused) {
    data = 1;
#ifndef NEVER
    sem_post(&sem);
#endif
    return unused;
}

static int take(void) {
#if defined TRY || defined USED_UNTAKEN
    return sem_trywait(&sem);
#elif defined TIMED
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec++;
    return sem_timedwait(&sem, &until);
#else
    return sem_wait(&sem);
#endif
}

static void give_and_take(void) {
    pthread_t thread;
    pthread_create(&thread, NULL, give, NULL);
    int error = take();
#ifdef USED_UNTAKEN
    outcome("%d", data);
#endif
    if (!error) assert(data == 1);
#ifdef TRY
    assert(!error || errno == EAGAIN);
    outcome("%s", error ? "again" : "taken");
#elif defined TIMED
    assert(!error || errno == ETIMEDOUT);
    outcome("%s", error ? "late" : "taken");
#endif
    pthread_join(thread, NULL);
}

int main(void) {
#ifndef UNINITIALISED
    assert(sem_init(&sem, 0, (unsigned)-1) == -1 && errno == EINVAL);
    sem_init(&sem, 0, 0);
#endif
    give_and_take();
    assert(sem_destroy(&sem) == 0);
}
#endif
