/* signals.h - crashes of the program become verdicts. */
#ifndef HBX_SIGNALS_H
#define HBX_SIGNALS_H

void signals_begin(void);

/* A new process keeps the handlers, but fork() does not hand on the timer. */
void signals_begin_child(void);

#endif
