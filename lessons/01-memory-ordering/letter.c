/* letter.c - a letter and the flag that says it is there: a program to be explored, not graded.
 *
 * Every order is relaxed on purpose: this is what the chapter begins with.
 */
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>

static int letter;        /* plain */
static atomic_int posted; /* whether it is there */

static void *reader(void *unused) {
    /* Relaxed: the flag may be seen before the letter. */
    if (atomic_load_explicit(&posted, memory_order_relaxed)) assert(letter == 42);
    return unused;
}

int main(void) {
    pthread_t thread;
    pthread_create(&thread, NULL, reader, NULL);
    letter = 42;
    /* Relaxed: orders nothing. */
    atomic_store_explicit(&posted, 1, memory_order_relaxed);
    pthread_join(thread, NULL);
    return 0;
}
