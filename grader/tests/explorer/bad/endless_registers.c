/* endless_registers.c - loops for ever in registers alone: no instrumented access, no call. */
#include <pthread.h>

static void *spins(void *argument) {
    for (;;) __asm__ volatile("");
    return argument;
}

int main(void) {
    pthread_t thread;
    pthread_create(&thread, NULL, spins, NULL);
    pthread_join(thread, NULL);
    return 0;
}
