/* not_called.c - has a call in it that is not modelled, and never makes it: nothing is wrong. */
#include <assert.h>
#include <pthread.h>
#include <unistd.h>

static volatile int verbose;
static int token;

static void *works(void *argument) {
    if (verbose) return fork() ? argument : NULL;
    return argument;
}

int main(void) {
    pthread_t thread;
    void *result;
    pthread_create(&thread, NULL, works, &token);
    pthread_join(thread, &result);
    assert(result == &token);
    return 0;
}
