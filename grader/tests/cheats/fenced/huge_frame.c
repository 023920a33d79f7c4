/* Jumps over the guard page below the stack by a huge local array.
 * How: crash | stack-overflow
 * Rule: the stack overflowed | has used up its stack
 */
static volatile long place = 5;
static void use(volatile char *array) { array[place] = 1; }
static void jump(void) {
    volatile char array[1 << 26];
    use(array);
}
#define CHEAT() jump()
