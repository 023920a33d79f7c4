/* Has the judge print a piece of its own memory.
 * Rule: of the judge | not the program's
 */
static void (*volatile given)(const char *, const char *) = panic;
static void tell(void) { panic("cell_set", (const char *)(unsigned long)given); }
#define CHEAT() tell()
