/* Asks futex_wait() what a word of the judge's memory holds.
 * Rule: of the judge | not the program's
 */
#include "futex.h"
static void (*volatile given)(const char *, const char *) = panic;
static void ask(void) { futex_wait((futex_word *)(((uintptr_t)given | 63) - 63), 0); }
#define CHEAT() ask()
