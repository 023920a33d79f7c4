/* Reaches the thread's control block by a segment register, which no hook sees.
 * Rule: the attribute `address_space` changes how code is built or run
 */
static void overwrite(void) { *(volatile long __attribute__((address_space(257))) *)0x28 = 0; }
#define CHEAT() overwrite()
