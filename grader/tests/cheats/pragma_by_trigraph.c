/* The same, spelled with a trigraph and a splice.
 * Rule: `#pragma GCC push_options` changes what the compiler does or says
 */
/* clang-format off */
??=pragma GCC push_??/
options
