/* Takes in what the process is told.
 * Rule: /proc/self/environ
 */
static const char *text =
#include "/proc/self/environ"
    ;
