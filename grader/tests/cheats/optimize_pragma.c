/* Turns the optimiser, and what it finds, off.
 * Rule: `#pragma clang optimize off` changes what the compiler does or says
 */
#pragma clang optimize off
