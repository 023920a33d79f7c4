/* many_in_turn.c - sixty-four threads, but never more than one beside main. */
#include <pthread.h>

static int counter;

static void *counts(void *argument) {
    counter++;
    return argument;
}

int main(void) {
    for (int t = 0; t < 64; t++) {
        pthread_t thread;
        pthread_create(&thread, NULL, counts, NULL);
        pthread_join(thread, NULL);
    }
    return counter != 64;
}
