/* assembly.c - counts with inline assembly, behind the back of whoever watches C.
 *
 * The explorer cannot see the access itself. What it must not do is to say "correct" of a program
 * whose object code has a locked instruction that the compiler's instrumentation did not replace.
 */
#include <assert.h>
#include <pthread.h>

static volatile int counter;

static void *counts(void *argument) {
#ifdef PLAIN
    __asm__ volatile("incl %0" : "+m"(counter));
#elif defined(EXCHANGE)
    int one = 1;
    __asm__ volatile("xchgl %0, %1" : "+r"(one), "+m"(counter));
#else
    __asm__ volatile("lock; incl %0" : "+m"(counter) : : "memory");
#endif
    return argument;
}

int main(void) {
    pthread_t first, second;
    pthread_create(&first, NULL, counts, NULL);
    pthread_create(&second, NULL, counts, NULL);
    pthread_join(first, NULL);
    pthread_join(second, NULL);
    assert(counter >= 1);
    return 0;
}
