/* Starts threads without end, each of which sleeps for ever. */
#include <pthread.h>
#include <stddef.h>
#include <unistd.h>

static void *sleeps(void *unused) {
    for (;;) pause();
    return unused;
}

int main(void) {
    for (;;) {
        pthread_t thread;
        pthread_create(&thread, NULL, sleeps, NULL);
    }
}
