/* signals.h - crashes of the program become verdicts. */
#ifndef HBX_SIGNALS_H
#define HBX_SIGNALS_H

void signals_begin(void);

#endif
