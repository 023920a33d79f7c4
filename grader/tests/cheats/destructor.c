/* Has the last word at exit.
 * Rule: the attribute `destructor` changes how code is built or run
 */
#include <unistd.h>
__attribute__((destructor)) static void leave(void) { _exit(0); }
