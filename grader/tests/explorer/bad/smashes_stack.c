/* smashes_stack.c - writes far beyond a local array, over the frames of its callers. */
#include <pthread.h>

static volatile int length = 4096;

__attribute__((noinline)) static void fill(volatile char *bytes) {
    for (int n = 0; n < length; n++) bytes[n] = 0x41;
}

__attribute__((noinline)) static int small(void) {
    volatile char bytes[8];
    fill(bytes);
    return bytes[0];
}

static void *smashes(void *argument) {
    *(int *)argument = small();
    return NULL;
}

int main(void) {
    int result;
    pthread_t thread;
    pthread_create(&thread, NULL, smashes, &result);
    pthread_join(thread, NULL);
    return 0;
}
