/* The same, in C23's spelling and with digraphs.
 * Rule: the attribute `constructor` changes how code is built or run
 */
/* clang-format off */
<:<: gnu::constructor :>:> static void leave(void) {}
