/* Jumps over the guard page below the stack by a huge array.
 * How: trespass | stack-overflow
 * Rule: an array that no stack has room for | does not fit on the stack
 */
static volatile long length = 1l << 40;
static void use(volatile char *array) { array[0] = 1; }
static void jump(void) {
    char array[length];
    use(array);
}
#define CHEAT() jump()
