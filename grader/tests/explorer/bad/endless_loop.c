/* endless_loop.c - computes for ever, in one thread and without any shared access. */
#include <pthread.h>

static void *computes(void *argument) {
    volatile unsigned *number = argument;
    for (;;) *number = *number * 1664525u + 1013904223u;
    return NULL;
}

int main(void) {
    unsigned number = 1;
    pthread_t thread;
    pthread_create(&thread, NULL, computes, &number);
    pthread_join(thread, NULL);
    return 0;
}
