/* constructor.c - ends the process before main, with a status that says "all is well". */
#include <assert.h>
#include <pthread.h>
#include <unistd.h>

__attribute__((constructor)) static void leave(void) { _exit(0); }

static void *fails(void *argument) {
    assert(argument);
    return NULL;
}

int main(void) {
    pthread_t thread;
    pthread_create(&thread, NULL, fails, NULL);
    pthread_join(thread, NULL);
    return 0;
}
