/* Adds a test by hand.
 * Rule: the attribute `section` changes how code is built or run
 */
__attribute__((section("cr_tst"), used)) static const void *const mine = "mine";
