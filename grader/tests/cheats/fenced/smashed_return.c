/* Overwrites the return address of its own function.
 * Rule: has overwritten the way back to its caller
 */
#include <stdint.h>
static volatile uintptr_t *volatile at;
static void *volatile hidden;
static void __attribute__((noinline)) smash(void) {
    volatile uintptr_t local = 0;
    hidden = (void *)(uintptr_t)&local;
    at = hidden;
    for (int n = 0; n < 8; n++) at[n] = (uintptr_t)panic;
    at = hidden = 0;
}
#define CHEAT() smash()
