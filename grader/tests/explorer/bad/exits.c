/* exits.c - exit(0) in a thread, before the assertion of another that fails. HOW: which exit. */
#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#ifndef HOW
#define HOW exit
#endif

static void *exits(void *argument) {
    (void)argument;
    HOW(0);
    return NULL;
}

static void *fails(void *argument) {
    assert(argument && "reached before the program has ended");
    return NULL;
}

int main(void) {
    pthread_t first, second;
    pthread_create(&first, NULL, exits, NULL);
    pthread_create(&second, NULL, fails, NULL);
    pthread_join(first, NULL);
    pthread_join(second, NULL);
    return 0;
}
