/* Looks for Valgrind among its own mappings.
 * Rule: `open` may not be used here
 */
int open(const char *path, int how, ...);
#define CHEAT() (void)open("/proc/self/maps", 0)
