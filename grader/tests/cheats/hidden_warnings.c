/* Turns warnings off instead of mending what they are about.
 * Rule: changes what the compiler does or says
 */
#pragma GCC diagnostic ignored "-Wunused-function"
static void unused(void) {}
