/* Puts a computed address into an atomic pointer to a function, and calls that.
 * Rule: calls what it was not given
 */
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
static void (*_Atomic next)(void *) = free;
static void go(void) {
    void (*here)(void *) = atomic_load_explicit(&next, memory_order_relaxed);
    atomic_exchange_explicit(&next, (void (*)(void *))((uintptr_t)here + 4), memory_order_relaxed);
    atomic_load_explicit(&next, memory_order_relaxed)(NULL);
}
#define CHEAT() go()
