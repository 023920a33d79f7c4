/* Calls into the middle of a function of its own, past its first instruction.
 * Rule: calls what it was not given
 */
#include <stdint.h>
static volatile int count;
static void work(void) { count++; }
static void (*volatile whole)(void) = work;
static void go(void) { ((void (*)(void))((uintptr_t)whole + 5))(); }
#define CHEAT() go()
