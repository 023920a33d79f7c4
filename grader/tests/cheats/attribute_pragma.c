/* Hides the whole file from ThreadSanitizer.
 * Rule: changes what the compiler does or says
 */
#pragma clang attribute push(__attribute__((no_sanitize("thread"))), apply_to = function)
static int hidden(void) { return 0; }
#pragma clang attribute pop
#define CHEAT() hidden()
