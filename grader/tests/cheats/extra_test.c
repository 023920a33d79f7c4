/* Adds a test of its own, which passes.
 * Rule: /usr/include/criterion/criterion.h belongs to the judges
 */
#include <criterion/criterion.h>
Test(mutex, starts_unlocked) {}
