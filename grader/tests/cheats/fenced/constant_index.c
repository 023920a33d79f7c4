/* Reads beyond a constant array by an index.
 * How: crash
 * Rule: an array was indexed beyond its end
 */
static const char mine[8] = "mine";
static volatile long far_away = 1 << 16;
static volatile int kept;
static void look(void) {
    long n = far_away;
    kept = mine[n];
}
#define CHEAT() look()
