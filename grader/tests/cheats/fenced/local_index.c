/* Writes beyond a local array by an index: compilers tell nobody of accesses to such arrays.
 * How: crash
 * Rule: an array was indexed beyond its end
 */
static volatile long six = 6;
static volatile long kept;
static void write_beyond(void) {
    long local[4] = {1, 2, 3, 4}, n = six;
    local[n] = n;
    kept = local[n - 3];
}
#define CHEAT() write_beyond()
