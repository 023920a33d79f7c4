/* Asks whether ThreadSanitizer is there.
 * Rule: `__has_feature` tells one build from another
 */
#ifdef __has_feature
#define CHEAT() ((void)0)
#endif
