/* recursion.c - calls itself without end; each call needs its frame. */
#include <pthread.h>

static int (*volatile again)(int depth);

static int recurse(int depth) {
    volatile int frame[64];
    frame[depth % 64] = depth;
    int below = again(depth + 1);
    return below + frame[depth % 64];
}

static void *starts(void *argument) {
    again = recurse;
    *(int *)argument = recurse(0);
    return NULL;
}

int main(void) {
    int result = 0;
    pthread_t thread;
    pthread_create(&thread, NULL, starts, &result);
    pthread_join(thread, NULL);
    return result != 0;
}
