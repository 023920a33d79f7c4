/* race.c - two threads that meet in the recorder only, and share a plain variable.
 *
 * The second goes when the first has finished, by a relaxed flag that orders nothing. So the accesses
 * race, on each run, for a tool that sees no edge in the recorder. With -DLOCKED a mutex orders them.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <valgrind/helgrind.h>

#include "history.h"
#include "panic.h"

_Noreturn void panic(const char *function, const char *rule) {
    printf("panic: %s: %s\n", function, rule);
    exit(3);
}

static int shared;
static atomic_bool done;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void touch(void) {
    int id = history_invoke("increment");
#ifdef LOCKED
    pthread_mutex_lock(&lock);
#endif
    shared++;
#ifdef LOCKED
    pthread_mutex_unlock(&lock);
#endif
    history_return(id, 0);
}

static void *go_first(void *unused) {
    touch();
    atomic_store_explicit(&done, true, memory_order_relaxed); /* orders nothing, on purpose */
    return unused;
}

static void *go_second(void *unused) {
    while (!atomic_load_explicit(&done, memory_order_relaxed)) continue; /* the same */
    touch();
    return unused;
}

int main(void) {
    pthread_t threads[2];
    VALGRIND_HG_DISABLE_CHECKING(&done, sizeof done);
    (void)lock;
    history_clear();
    pthread_create(&threads[0], NULL, go_first, NULL);
    pthread_create(&threads[1], NULL, go_second, NULL);
    for (int thread = 0; thread < 2; thread++) pthread_join(threads[thread], NULL);
    struct history_op ops[HISTORY_MAX_OPS];
    struct history_precedence precedence;
    printf("%d operations\n", history_snapshot(ops, &precedence));
    return 0;
}
