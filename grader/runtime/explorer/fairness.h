/* fairness.h - who overtakes whom at a lock. */
#ifndef HBX_FAIRNESS_H
#define HBX_FAIRNESS_H

/* Measure in this execution how often a waiter was overtaken at most, for totals.bypass_below. When
 * that is `bound` times or more, the run ends with a fault; 0: nothing is required. */
void fairness_measure(unsigned bound);

#endif
