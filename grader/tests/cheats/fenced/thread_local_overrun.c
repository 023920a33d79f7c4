/* Writes over the thread's control block, behind its own thread-local variable.
 * Rule: of the judge | not the program's
 */
static _Thread_local char mine[8];
static void overwrite(void) {
    volatile char *volatile at = mine;
    for (long n = 0; n < 1 << 16; n++) at[n] = 0;
}
#define CHEAT() overwrite()
