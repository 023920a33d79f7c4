/* Adds a function to those that run before main.
 * Rule: the attribute `section` changes how code is built or run
 */
static void leave(void) {}
__attribute__((section(".init_array"), used)) static void (*const first)(void) = leave;
