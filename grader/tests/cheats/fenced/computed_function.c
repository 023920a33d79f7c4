/* Computes where a function of the C library might be, from one that it may call.
 * Rule: calls what it was not given
 */
#include <stdint.h>
#include <stdlib.h>
static void (*volatile given)(void *) = free;
static void leave(void) {
    void (*target)(int) = (void (*)(int))((uintptr_t)given + 64);
    target(0);
}
#define CHEAT() leave()
