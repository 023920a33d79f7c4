/* join_twice.c - WHAT a program must not do with a thread's handle: join it twice, join a detached
 * one, join itself. */
#include <pthread.h>

static void *works(void *argument) { return argument; }

int main(void) {
    pthread_t thread;
    pthread_create(&thread, NULL, works, NULL);
#if defined(SELF)
    pthread_join(pthread_self(), NULL);
#elif defined(DETACHED)
    pthread_detach(thread);
    pthread_join(thread, NULL);
#else
    pthread_join(thread, NULL);
    pthread_join(thread, NULL);
#endif
    return 0;
}
