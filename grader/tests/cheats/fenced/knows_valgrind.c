/* Knows by the address of a local variable that it runs under Valgrind, and would behave there.
 * How: fail | broken | assertion | no-panic
 * Rule: it keeps | what was set | should have panicked | and is still there
 */
#include <stdint.h>
static int kept, valgrind;
static void look(void) {
    volatile int here = 0;
    volatile int *volatile at = &here;
    valgrind = (uintptr_t)at >> 36 == 0x1ff;
    kept += valgrind;
}
#define CHEAT() look()
