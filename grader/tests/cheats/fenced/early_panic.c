/* Panics before the test comes to what it expects.
 * How: panic | skipped
 * Rule: though no rule was broken | without 1 of its assertions | cell_set: early
 */
#define CHEAT() panic("cell_set", "early")
