/* Takes in what has no end.
 * Rule: /dev/zero
 */
#include "/dev/zero"
