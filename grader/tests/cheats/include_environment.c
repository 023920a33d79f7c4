/* Takes in what the process is told; the compiler's is not worth reading.
 * Rule: the compiler reports: 
 */
static const char *text =
#include "/proc/self/environ"
    ;
