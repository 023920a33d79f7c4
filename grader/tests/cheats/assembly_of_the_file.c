/* The same, outside every function.
 * Rule: assembly is invisible to the judges
 */
__asm__(".globl sneaky\nsneaky: ret");
