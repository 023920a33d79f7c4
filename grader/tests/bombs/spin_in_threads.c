/* Two processes with two threads each that never rest: no single one uses much by itself. */
#include <pthread.h>
#include <stddef.h>
#include <unistd.h>

static void *spins(void *unused) {
    for (volatile int forever = 1; forever;)
        ;
    return unused;
}

int main(void) {
    pthread_t thread;
    fork();
    pthread_create(&thread, NULL, spins, NULL);
    spins(NULL);
}
