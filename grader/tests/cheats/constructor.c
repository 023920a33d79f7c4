/* Has the first word, before main.
 * Rule: the attribute `constructor` changes how code is built or run
 */
#include <unistd.h>
__attribute__((constructor(102))) static void leave(void) { _exit(0); }
