/* handler.c - catches the signal of its own crash and goes on as if nothing had been. */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

static void survive(int number) {
    (void)number;
    _exit(0);
}

static volatile int *volatile nowhere;

static void *crashes(void *argument) {
    *nowhere = 1;
    return argument;
}

int main(void) {
    pthread_t thread;
    signal(SIGSEGV, survive);
    pthread_create(&thread, NULL, crashes, NULL);
    pthread_join(thread, NULL);
    return 0;
}
