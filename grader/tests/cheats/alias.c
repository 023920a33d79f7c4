/* Gives a function of its own another name.
 * Rule: the attribute `alias` changes how code is built or run
 */
static void leave(int status) { (void)status; }
void exit(int status) __attribute__((alias("leave")));
