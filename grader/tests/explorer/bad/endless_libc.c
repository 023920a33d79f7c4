/* endless_libc.c - calls a harmless library function for ever. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static char text[16] = "123";

static void *parses(void *argument) {
    (void)argument;
    while (strtol(text, NULL, 10) == 123 && strlen(text) == 3)
        ;
    return NULL;
}

int main(void) {
    pthread_t thread;
    pthread_create(&thread, NULL, parses, NULL);
    pthread_join(thread, NULL);
    return 0;
}
