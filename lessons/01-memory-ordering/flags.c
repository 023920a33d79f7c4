/* flags.c - two threads that raise a flag, look, and go in: a program to be explored, not graded.
 *
 * Every flag is raised with release and looked at with acquire, and both threads go in all the same.
 */
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>

static atomic_int wants[2];
static atomic_int inside;

static void *visit(void *number) {
    int me = number != NULL;
    /* Release and acquire: the wrong medicine. */
    atomic_store_explicit(&wants[me], 1, memory_order_release);
    if (!atomic_load_explicit(&wants[1 - me], memory_order_acquire)) {
        /* Relaxed: a read-modify-write never reads an old value. */
        int others = atomic_fetch_add_explicit(&inside, 1, memory_order_relaxed);
        assert(others == 0);
    }
    return NULL;
}

int main(void) {
    pthread_t visitor;
    pthread_create(&visitor, NULL, visit, &wants);
    visit(NULL);
    pthread_join(visitor, NULL);
    return 0;
}
