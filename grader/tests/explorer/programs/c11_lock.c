/* c11_lock.c - C11 threads: a mutex, a call_once and thread-specific storage with a destructor.
 *
 * Bugs:   NO_LOCK         counts without the mutex
 *         TWO_ORDERS      two mutexes in opposite orders
 *         NO_DESTRUCTOR   what the threads keep is freed by nobody
 */
#include <threads.h>

#include "corpus.h"

static mtx_t first, second;
static once_flag flag = ONCE_FLAG_INIT;
static tss_t key;
static int counter;

static void init(void) {
    mtx_init(&first, mtx_plain);
    mtx_init(&second, mtx_plain);
#ifdef NO_DESTRUCTOR
    tss_create(&key, NULL);
#else
    tss_create(&key, free);
#endif
}

static int worker(void *argument) {
    bool reversed = argument != NULL;
    call_once(&flag, init);
    int *mine = malloc(sizeof *mine);
    assert(mine);
    *mine = 1;
    tss_set(key, mine);
#ifdef TWO_ORDERS
    mtx_t *outer = reversed ? &second : &first, *inner = reversed ? &first : &second;
#else
    (void)reversed;
    mtx_t *outer = &first, *inner = &second;
#endif
#ifndef NO_LOCK
    mtx_lock(outer);
    mtx_lock(inner);
#endif
    counter += *(int *)tss_get(key);
#ifndef NO_LOCK
    mtx_unlock(inner);
    mtx_unlock(outer);
#else
    (void)outer;
    (void)inner;
#endif
    return 3;
}

int main(void) {
    thrd_t threads[2];
    int result;
    thrd_create(&threads[0], worker, NULL);
    thrd_create(&threads[1], worker, &counter);
    for (int t = 0; t < 2; t++) {
        thrd_join(threads[t], &result);
        assert(result == 3);
    }
    assert(counter == 2);
    tss_delete(key);
    mtx_destroy(&first);
    mtx_destroy(&second);
    return 0;
}
