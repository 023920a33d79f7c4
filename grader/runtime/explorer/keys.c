/* keys.c - thread-specific data.
 *
 * Source: POSIX.1-2017, pthread_key_create(), _delete(), pthread_getspecific(), _setspecific(); the
 * order of destructors, and the value NULL during each call, as there.
 *
 * A value belongs to one thread, so none of this is visible to others. A key's number is passed on
 * by the program, which must order its use; keys are numbered in the order of this run.
 */
#include <errno.h>
#include <limits.h>

#include "sync.h"
#include "threads.h"

enum { MAX_KEYS = 128 }; /* PTHREAD_KEYS_MAX promises no more */

static struct {
    bool used;
    uint32_t life; /* how often the number was given: values of earlier lives are void */
    void (*destructor)(void *);
} keys[MAX_KEYS];

static struct {
    uint32_t life;
    void *value;
} values[MAX_THREADS][MAX_KEYS];

/* Each run begins without keys. */
static uint32_t run_of_keys;

static void begin_run(void) {
    if (run_of_keys == location_run) return;
    run_of_keys = location_run;
    for (int key = 0; key < MAX_KEYS; key++) {
        keys[key].used = false;
        keys[key].life++;
    }
}

static bool known(unsigned key) {
    begin_run();
    return key < MAX_KEYS && keys[key].used;
}

int key_create(unsigned *key, void (*destructor)(void *)) {
    begin_run();
    for (unsigned at = 0; at < MAX_KEYS; at++) {
        if (keys[at].used) continue;
        keys[at].used = true;
        keys[at].life++;
        keys[at].destructor = destructor;
        *key = at;
        return 0;
    }
    return EAGAIN;
}

int key_delete(unsigned key) {
    if (!known(key)) return EINVAL;
    keys[key].used = false;
    return 0;
}

void *key_get(unsigned key) {
    if (!known(key) || values[run.me][key].life != keys[key].life) return NULL;
    return values[run.me][key].value;
}

int key_set(unsigned key, const void *value) {
    if (!known(key)) return EINVAL;
    values[run.me][key].life = keys[key].life;
    values[run.me][key].value = (void *)value;
    return 0;
}

/* One round. True: a destructor was called, and may have set values anew. */
static bool destroy_values(void) {
    bool called = false;
    for (unsigned key = 0; key < MAX_KEYS; key++) {
        void *value = key_get(key);
        if (!value || !keys[key].destructor) continue;
        key_set(key, NULL);
        keys[key].destructor(value);
        called = true;
    }
    return called;
}

/* Thread numbers are not used twice in a run, so what is left needs no clearing. */
void keys_thread_end(void) {
    if (run_of_keys != location_run) return; /* nobody has asked for a key */
    begin_run();
    for (int round = 0; round < PTHREAD_DESTRUCTOR_ITERATIONS; round++)
        if (!destroy_values()) return;
}

/* --- what programs call ----------------------------------------------------------------------- */

API int __wrap_pthread_key_create(pthread_key_t *key, void (*destructor)(void *)) {
    return key_create(key, destructor);
}

API int __wrap_pthread_key_delete(pthread_key_t key) { return key_delete(key); }

API void *__wrap_pthread_getspecific(pthread_key_t key) { return key_get(key); }

API int __wrap_pthread_setspecific(pthread_key_t key, const void *value) {
    return key_set(key, value);
}
