/* fairness.h - who overtakes whom at a lock. */
#ifndef HBX_FAIRNESS_H
#define HBX_FAIRNESS_H

/* In this execution nobody was overtaken `bound` times or more; else the run ends with a fault. */
void fairness_require(unsigned bound);

#endif
