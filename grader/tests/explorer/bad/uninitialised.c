/* uninitialised.c - uses a synchronisation object that nobody has initialised. */
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <string.h>

static void *waits(void *object) {
    sem_wait(object);
    return NULL;
}

int main(void) {
    sem_t *semaphore = malloc(sizeof *semaphore);
    pthread_t thread;
    if (!semaphore) return 1;
    pthread_create(&thread, NULL, waits, semaphore);
    sem_post(semaphore);
    pthread_join(thread, NULL);
    free(semaphore);
    return 0;
}
