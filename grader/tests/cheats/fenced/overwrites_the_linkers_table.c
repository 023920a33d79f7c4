/* Overwrites the table by which the program finds the C library's functions.
 * Rule: of the judge | not the program's
 */
#include <stdint.h>
static uintptr_t mine = 1;
static void overwrite(void) {
    volatile uintptr_t *volatile at = &mine;
    for (long n = 1; n < 4096; n++) at[-n] = (uintptr_t)panic;
}
#define CHEAT() overwrite()
