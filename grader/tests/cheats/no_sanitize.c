/* Hides a function from ThreadSanitizer.
 * Rule: the attribute `no_sanitize` changes how code is built or run
 */
__attribute__((no_sanitize("thread"))) static int hidden(void) { return 0; }
#define CHEAT() hidden()
