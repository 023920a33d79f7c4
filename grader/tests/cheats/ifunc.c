/* Chooses a function before main begins.
 * Rule: the attribute `ifunc` changes how code is built or run
 */
static void leave(void) {}
static void (*choose(void))(void) { return leave; }
static void chosen(void) __attribute__((ifunc("choose")));
#define CHEAT() chosen()
