/* traps.c - runs into __builtin_trap(). */
#include <pthread.h>

static volatile int broken = 1;

static void *traps(void *argument) {
    if (broken) __builtin_trap();
    return argument;
}

int main(void) {
    pthread_t thread;
    pthread_create(&thread, NULL, traps, NULL);
    pthread_join(thread, NULL);
    return 0;
}
