/* cancels.c - cancels a thread. */
#include <pthread.h>
#include <stdatomic.h>

static atomic_int never;

static void *waits(void *argument) {
    while (!atomic_load_explicit(&never, memory_order_relaxed)) pthread_testcancel();
    return argument;
}

int main(void) {
    pthread_t thread;
    pthread_create(&thread, NULL, waits, NULL);
    pthread_cancel(thread);
    pthread_join(thread, NULL);
    return 0;
}
