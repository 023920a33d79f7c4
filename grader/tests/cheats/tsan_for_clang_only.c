/* Calls ThreadSanitizer's own functions where only clang sees it.
 * Rule: `__clang__` tells one build from another
 */
#ifdef __clang__
void __tsan_acquire(void *address);
#define CHEAT() __tsan_acquire((void *)8)
#endif
