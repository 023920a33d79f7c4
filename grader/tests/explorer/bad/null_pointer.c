/* null_pointer.c - reads through a null pointer, when the other thread has been slow. */
#include <pthread.h>
#include <stdatomic.h>

static int value = 3;
static _Atomic(int *) shared;

static void *publishes(void *argument) {
    atomic_store_explicit(&shared, &value, memory_order_release);
    return argument;
}

int main(void) {
    pthread_t thread;
    pthread_create(&thread, NULL, publishes, NULL);
    int seen = *atomic_load_explicit(&shared, memory_order_acquire);
    pthread_join(thread, NULL);
    return seen != 3;
}
