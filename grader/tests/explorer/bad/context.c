/* context.c - switches stacks by itself with swapcontext. */
#include <pthread.h>
#include <ucontext.h>

static ucontext_t here, there;
static char stack[16384];

static void other(void) {}

static void *switches(void *argument) {
    getcontext(&there);
    there.uc_stack.ss_sp = stack;
    there.uc_stack.ss_size = sizeof stack;
    there.uc_link = &here;
    makecontext(&there, other, 0);
    swapcontext(&here, &there);
    return argument;
}

int main(void) {
    pthread_t thread;
    pthread_create(&thread, NULL, switches, NULL);
    pthread_join(thread, NULL);
    return 0;
}
