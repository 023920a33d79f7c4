/* Computes where a function of the runner might be, from panic().
 * Rule: calls what it was not given
 */
#include <stdint.h>
static void (*volatile given)(const char *, const char *) = panic;
static void complete(void) {
    void (*target)(void) = (void (*)(void))((uintptr_t)given - 256);
    target();
}
#define CHEAT() complete()
