/* Gives its caller another frame, in memory of its own.
 * Rule: the way back to its caller | its frame on the stack
 */
#include <stdint.h>
static uintptr_t frame[64];
static volatile uintptr_t *volatile at;
static void *volatile hidden;
static void __attribute__((noinline)) smash(void) {
    volatile uintptr_t local = 0;
    hidden = (void *)(uintptr_t)&local;
    at = hidden;
    for (int n = 0; n < 8; n++)
        if (at[n] - (uintptr_t)at < 512) at[n] = (uintptr_t)&frame[32];
    at = hidden = 0;
}
static void __attribute__((noinline)) outer(void) {
    smash();
    frame[0]++;
}
#define CHEAT() outer()
