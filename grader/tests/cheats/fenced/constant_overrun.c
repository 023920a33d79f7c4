/* Reads far beyond a constant, as volatile: compilers tell nobody of reads of constants.
 * Rule: of the judge | not the program's
 */
static const char mine[8] = "mine";
static int scan(void) {
    volatile const char *at = mine;
    int sum = 0;
    for (long n = 0; n < 1 << 24; n++) sum += at[n];
    return sum;
}
#define CHEAT() (void)scan()
