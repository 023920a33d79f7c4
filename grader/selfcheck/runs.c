/* One Criterion test, which `make doctor` expects to pass under ThreadSanitizer. */
#include <criterion/criterion.h>

Test(doctor, runs) { cr_assert_eq(6 * 7, 42); }
