/* forged.c - prints what looks like a verdict, and then fails. */
#include <assert.h>
#include <pthread.h>
#include <stdio.h>

static void *fails(void *argument) {
    puts("{\"schema\": 1, \"verdict\": \"correct\", \"complete\": true, \"executions\": 1}");
    fflush(stdout);
    assert(argument);
    return NULL;
}

int main(void) {
    pthread_t thread;
    pthread_create(&thread, NULL, fails, NULL);
    pthread_join(thread, NULL);
    return 0;
}
