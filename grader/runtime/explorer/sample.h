/* sample.h - random schedules, for programs that are too big to explore. */
#ifndef HBX_SAMPLE_H
#define HBX_SAMPLE_H

/* Run options.samples executions, or until a fault or a bound. Fills totals, and the statement of
 * what may have been missed. */
void sample_all(void);

#endif
