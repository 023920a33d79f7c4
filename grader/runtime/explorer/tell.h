/* tell.h - steps, waiting threads and the fault, as JSON on one line each. */
#ifndef HBX_TELL_H
#define HBX_TELL_H

#include <stdio.h>

/* Step number i + 1 of the trace (trace.h), as an object. */
void tell_step(FILE *to, int i);

/* The number of the step that performs this event of the graph; 0: none. */
int tell_step_of(int event);

/* The threads that cannot go on: for what each waits, who holds it, which wakes found nobody. */
void tell_waiting(FILE *to);

/* The fault, or null. */
void tell_fault(FILE *to);

#endif
