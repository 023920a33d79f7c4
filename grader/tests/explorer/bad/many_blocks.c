/* many_blocks.c - allocates for ever, a megabyte at a time, and gives up when there is no more. */
#include <pthread.h>
#include <stdlib.h>

static void *hoards(void *argument) {
    void **last = NULL;
    for (void **block; (block = malloc(1 << 20)); last = block) *block = last;
    while (last) {
        void **before = *last;
        free(last);
        last = before;
    }
    return argument;
}

int main(void) {
    pthread_t thread;
    pthread_create(&thread, NULL, hoards, NULL);
    pthread_join(thread, NULL);
    return 0;
}
