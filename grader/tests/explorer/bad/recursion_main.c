/* recursion_main.c - as recursion.c, on main's own stack and with other threads alive. */
#include <pthread.h>
#include <stdatomic.h>

static atomic_int flag;
static int (*volatile again)(int depth);

static void *waits(void *argument) {
    while (!atomic_load_explicit(&flag, memory_order_acquire))
        ;
    return argument;
}

static int recurse(int depth) {
    volatile int frame[64];
    frame[depth % 64] = depth;
    int below = again(depth + 1);
    return below + frame[depth % 64];
}

int main(void) {
    pthread_t thread;
    pthread_create(&thread, NULL, waits, NULL);
    again = recurse;
    int result = recurse(0);
    atomic_store_explicit(&flag, 1, memory_order_release);
    pthread_join(thread, NULL);
    return result != 0;
}
