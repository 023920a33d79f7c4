/* reads_input.c - reads standard input. */
#include <pthread.h>
#include <stdio.h>

static void *reads(void *argument) {
    *(int *)argument = getchar();
    return NULL;
}

int main(void) {
    int c = 0;
    pthread_t thread;
    pthread_create(&thread, NULL, reads, &c);
    pthread_join(thread, NULL);
    return 0;
}
