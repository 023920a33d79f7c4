/* Prints a secret in an error message.
 * Rule: /etc/passwd
 */
#include "/etc/passwd"
