/* Asks whether Valgrind watches, and behaves if so.
 * Rule: /usr/include/valgrind/valgrind.h belongs to the judges
 */
#include <valgrind/valgrind.h>
#define CHEAT() (void)RUNNING_ON_VALGRIND
