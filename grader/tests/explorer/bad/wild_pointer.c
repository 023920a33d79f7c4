/* wild_pointer.c - writes to an address at which nothing is. */
#include <pthread.h>
#include <stdint.h>

static volatile uintptr_t nowhere = 0x1234567000;

static void *writes(void *argument) {
    *(volatile int *)nowhere = 1;
    return argument;
}

int main(void) {
    pthread_t thread;
    pthread_create(&thread, NULL, writes, NULL);
    pthread_join(thread, NULL);
    return 0;
}
