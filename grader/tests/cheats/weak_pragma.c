/* The same, as a pragma.
 * Rule: `#pragma weak mutex_lock` changes what the compiler does or says
 */
#pragma weak mutex_lock
