/* Passes its code off as a system header's.
 * Rule: a #line directive gives its text another file's name
 */
#line 1 "/usr/include/stdlib.h"
__attribute__((constructor)) static void leave(void) {}
