/* big_block.c - asks for ten gigabytes, and does not look at what it got. CHECKED: it does. */
#include <pthread.h>
#include <stdlib.h>

static void *asks(void *argument) {
    volatile char *block = malloc((size_t)10 << 30);
#ifdef CHECKED
    if (!block) return argument;
#endif
    block[(size_t)9 << 30] = 1;
    free((void *)block);
    return argument;
}

int main(void) {
    pthread_t thread;
    pthread_create(&thread, NULL, asks, NULL);
    pthread_join(thread, NULL);
    return 0;
}
