/* jumps.c - setjmp in one thread, longjmp in another: undefined, and never seen through. */
#include <pthread.h>
#include <setjmp.h>

static jmp_buf place;

static void *jumps(void *argument) {
    longjmp(place, 1);
    return argument;
}

int main(void) {
    pthread_t thread;
    if (setjmp(place)) return 0;
    pthread_create(&thread, NULL, jumps, NULL);
    pthread_join(thread, NULL);
    return 0;
}
