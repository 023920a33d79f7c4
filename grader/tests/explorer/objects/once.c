/* once.c - three threads ask for one initialisation: one execution for each that comes first. */
#include <assert.h>
#include <pthread.h>
#include <stddef.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;
static int data;

static void initialise(void) {
    data++;
#ifdef RECURSIVE
    pthread_once(&once, initialise);
#endif
}

static void *use(void *unused) {
    pthread_once(&once, initialise);
    assert(data == 1);
    return unused;
}

int main(void) {
    pthread_t threads[3];
    for (int t = 0; t < 3; t++) pthread_create(&threads[t], NULL, use, NULL);
    for (int t = 0; t < 3; t++) pthread_join(threads[t], NULL);
}
