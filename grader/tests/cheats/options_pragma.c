/* Changes the options of one compiler, by the operator.
 * Rule: changes what the compiler does or says
 */
_Pragma("GCC optimize(\"O0\")")
