/* The same, in clang's newest spelling.
 * Rule: the attribute `disable_sanitizer_instrumentation` changes how code is built or run
 */
__attribute__((disable_sanitizer_instrumentation)) static int hidden(void) { return 0; }
#define CHEAT() hidden()
