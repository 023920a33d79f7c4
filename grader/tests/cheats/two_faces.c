/* Is right for ThreadSanitizer's compiler only.
 * Rule: `__clang__` tells one build from another
 */
#ifdef __clang__
#define CHEAT() ((void)0)
#endif
