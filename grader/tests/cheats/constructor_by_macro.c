/* The same, its name put together by macros.
 * Rule: the attribute `__constructor__` changes how code is built or run
 */
#define JOIN(a, b) a##b
#define AT         JOIN(__attri, bute__)
AT((JOIN(__constr, uctor__))) static void leave(void) {}
