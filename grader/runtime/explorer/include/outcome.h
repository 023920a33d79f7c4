/* outcome.h - tell the explorer what an execution came to.
 *
 * The explorer collects the outcomes of all executions and prints how many ended with each.
 */
#ifndef HB_OUTCOME_H
#define HB_OUTCOME_H

/* Add a piece to this execution's outcome; pieces are joined by a space. At most 1000 bytes in all
 * are kept. Call it from main or a scenario's `finally`, when the other threads have been joined.
 *
 *     outcome("a=%d b=%d", a, b);
 */
void outcome(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
