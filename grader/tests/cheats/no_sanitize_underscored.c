/* The same, in the other spelling.
 * Rule: the attribute `__no_sanitize_thread__` changes how code is built or run
 */
__attribute((__no_sanitize_thread__)) static int hidden(void) { return 0; }
#define CHEAT() hidden()
