/* calls.c - calls what talks to the world outside; CALL says which. Each must be named. */
#include <dlfcn.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef CALL
#define CALL getpid()
#endif

static char bytes[64];
static int ends[2];

static void *calls(void *argument) {
    *(volatile int *)argument = (int)(CALL);
    return NULL;
}

int main(void) {
    int result = 0;
    pthread_t thread;
    (void)bytes;
    (void)ends;
    pthread_create(&thread, NULL, calls, &result);
    pthread_join(thread, NULL);
    return 0;
}
