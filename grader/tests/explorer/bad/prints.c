/* prints.c - threads that print: allowed, in the order of the run. LINES: how many each. */
#include <pthread.h>
#include <stdio.h>

#ifndef LINES
#define LINES 2
#endif

static void *prints(void *argument) {
    for (int n = 0; n < LINES; n++) printf("thread %s, line %d\n", (const char *)argument, n);
    fprintf(stderr, "thread %s is done\n", (const char *)argument);
    return NULL;
}

int main(void) {
    pthread_t first, second;
    pthread_create(&first, NULL, prints, "one");
    pthread_create(&second, NULL, prints, "two");
    pthread_join(first, NULL);
    pthread_join(second, NULL);
    puts("both are done");
    return 0;
}
