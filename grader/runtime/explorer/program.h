/* program.h - the program under test: its main, and its scenarios. */
#ifndef HBX_PROGRAM_H
#define HBX_PROGRAM_H

struct scenario;

/* Run what was asked for, on the first fiber: main or a scenario. */
void program_main(void);

/* Collect the outcome strings of this run. */
void outcome_begin(void);
void outcome_end(void);

#endif
