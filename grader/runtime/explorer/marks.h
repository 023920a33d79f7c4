/* marks.h - the operations that this execution has recorded (history.h), for who counts steps. */
#ifndef HBX_MARKS_H
#define HBX_MARKS_H

#include <stdbool.h>

/* Each operation: its name, its thread, the visible events of that thread in it so far, and whether
 * it has returned. */
void marks_each(void (*visit)(const char *name, int tid, int steps, bool returned, void *context),
                void *context);

/* The thread is within an operation. */
bool marks_open(int tid);

#endif
