/* Takes the tests in as source.
 * Rule: ../tests.c
 */
#include "../tests.c"
