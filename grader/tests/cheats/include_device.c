/* Takes in what has no end.
 * Rule: its limit for memory was reached | /dev/zero: Bad address
 */
#include "/dev/zero"
