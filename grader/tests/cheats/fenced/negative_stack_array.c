/* Lifts the stack pointer into the frames of its callers by an array of negative length.
 * How: trespass | stack-overflow
 * Rule: an array that no stack has room for | does not fit on the stack
 */
static volatile long length = -4096;
static void use(volatile char *array) { array[0] = 1; }
static void lift(void) {
    char array[length];
    use(array);
}
#define CHEAT() lift()
