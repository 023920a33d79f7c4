/* The same, behind the functions.
 * Rule: `environ` may not be used here
 */
extern char **environ;
#define CHEAT() (void)(environ[0][0] = 0)
