/* keys.c - thread-specific data: each thread has its own, and destructors run at its end, again if
 * one sets a value anew. */
#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdint.h>

#include "outcome.h"

static pthread_key_t key, again, plain;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static int destroyed, kept;

static void add(void *value) {
    assert(pthread_getspecific(key) == NULL);
    pthread_mutex_lock(&mutex);
    destroyed += (int)(intptr_t)value;
    pthread_mutex_unlock(&mutex);
}

static void once_more(void *value) {
    pthread_mutex_lock(&mutex);
    destroyed += 3;
    pthread_mutex_unlock(&mutex);
    if (value == (void *)2) pthread_setspecific(again, (void *)1);
}

static void *body(void *value) {
    assert(pthread_getspecific(key) == NULL);
    pthread_setspecific(key, value);
    pthread_setspecific(plain, value);
    assert(pthread_getspecific(key) == value && pthread_getspecific(plain) == value);
    if (value == (void *)1) pthread_setspecific(again, (void *)2);
    if (value == (void *)5) pthread_exit(NULL);
    return NULL;
}

int main(void) {
    pthread_t one, five;
    assert(pthread_key_create(&key, add) == 0);
    assert(pthread_key_create(&again, once_more) == 0);
    assert(pthread_key_create(&plain, NULL) == 0);
    pthread_setspecific(key, (void *)100);
    pthread_create(&one, NULL, body, (void *)1);
    pthread_create(&five, NULL, body, (void *)5);
    pthread_join(one, NULL);
    pthread_join(five, NULL);
    assert(pthread_getspecific(key) == (void *)100);
    assert(pthread_key_delete(key) == 0);
    assert(pthread_setspecific(key, NULL) == EINVAL);
    assert(pthread_key_create(&key, add) == 0);
    assert(pthread_getspecific(key) == NULL);
    outcome("destroyed=%d kept=%d", destroyed, kept);
}
