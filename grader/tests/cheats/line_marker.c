/* The same, in the preprocessor's own words.
 * Rule: a #line directive gives its text another file's name
 */
/* clang-format off */
# 1 "/usr/include/stdlib.h" 3
__attribute__((constructor)) static void leave(void) {}
