/* Kills whatever it may.
 * Rule: `kill` may not be used here
 */
int kill(int process, int number);
#define CHEAT() kill(-1, 9)
