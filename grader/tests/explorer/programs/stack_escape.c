/* stack_escape.c - a thread gives another the address of its local variable, and waits for it.
 *
 * Bugs:   NO_WAIT         returns while the other may still be reading
 *         MAIN_RETURNS    main does not join, and the thread reads main's variable
 */
#include "corpus.h"

static _Atomic(int *) lent;
static atomic_bool returned;
static int seen;

__attribute__((noinline)) static void lend(void) {
    int local = 5;
    atomic_store_explicit(&lent, &local, release);
#ifndef NO_WAIT
    while (!atomic_load_explicit(&returned, acquire))
        ;
#endif
}

static void lender(int me) {
    (void)me;
    lend();
}

static void borrower(int me) {
    (void)me;
    int *local;
    while (!(local = atomic_load_explicit(&lent, acquire)))
        ;
    seen = *local;
#ifndef NO_WAIT
    assert(seen == 5);
#endif
    atomic_store_explicit(&returned, true, release);
}

#ifdef MAIN_RETURNS
static void *reads(void *argument) {
    assert(*(int *)argument == 9);
    return NULL;
}

int main(void) {
    int local = 9;
    pthread_t thread;
    pthread_create(&thread, NULL, reads, &local);
    (void)lender;
    (void)borrower;
    return seen;
}
#else
int main(void) {
    TOGETHER(lender, borrower);
    return seen == 6;
}
#endif
