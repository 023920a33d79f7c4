/* Looks for Valgrind's traces in the environment.
 * Rule: `getenv` may not be used here
 */
#include <stdlib.h>
#define CHEAT() (void)getenv("LD_PRELOAD")
