/* The same, in C23's spelling and with digraphs, which C17 does not have.
 * Rule: the compiler reports: expected
 */
/* clang-format off */
<:<: gnu::constructor :>:> static void leave(void) {}
