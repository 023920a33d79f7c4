/* unroll.h - the bound on loops: how often one thread may read at one program point (--unroll). */
#ifndef HBX_UNROLL_H
#define HBX_UNROLL_H

#include <stdint.h>

/* The running thread reads at `pc`. Does not return beyond the bound: the run is cut short. */
void unroll_count(uint64_t pc);

#endif
