/* Jumps out of the test.
 * Rule: `longjmp` may not be used here
 */
#include <setjmp.h>
static jmp_buf place;
#define CHEAT() longjmp(place, 1)
