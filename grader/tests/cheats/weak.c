/* Steps back for whoever defines it better.
 * Rule: the attribute `weak` changes how code is built or run
 */
__attribute__((weak)) extern void stranger(void);
#define CHEAT() ((void)stranger)
