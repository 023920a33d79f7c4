/* stuck.h - nobody can run: is that a fault of the program, or of the choices made? */
#ifndef HBX_STUCK_H
#define HBX_STUCK_H

#include "run.h"

/* How the run has ended, now that no thread can go on. RUN_STUCK: `fault` is filled in. */
enum run_end stuck_verdict(void);

#endif
