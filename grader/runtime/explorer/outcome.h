/* outcome.h - what executions came to: a set of strings with counts. */
#ifndef HBX_OUTCOME_H
#define HBX_OUTCOME_H

#include <stdint.h>

/* A new run: nothing has been said yet. */
void outcome_begin(void);

/* The run was a complete execution: count what it said. */
void outcome_count(void);

/* Forget all that was counted. */
void outcome_forget(void);

/* Walk through the outcomes, in the order of their strings. */
void outcome_each(void (*visit)(const char *state, uint64_t executions, void *context),
                  void *context);

#endif
