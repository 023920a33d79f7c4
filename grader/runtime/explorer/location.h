/* location.h - names for what threads communicate through.
 *
 * An atomic object is a location; so is, hidden, every synchronisation object and the kernel's wait
 * queue of a futex word. Numbers are given once and kept for the whole exploration, since addresses
 * repeat from run to run.
 */
#ifndef HBX_LOCATION_H
#define HBX_LOCATION_H

#include "graph.h"

enum space {
    SPACE_MEMORY,
    SPACE_MUTEX,
    SPACE_COND,
    SPACE_SEM,
    SPACE_BARRIER,
    SPACE_RWLOCK,
    SPACE_ONCE,
    SPACE_SPIN,
    SPACE_FUTEX
};

struct location {
    uintptr_t address;
    uint8_t space, size;
    uint32_t run;     /* the run in which init was captured */
    uint32_t written; /* the run in which mem_pos holds */
    int16_t mem_pos;  /* rank in modification order of the store whose value real memory holds */
    value_t init;
};

extern struct location locations[MAX_LOCATIONS];
extern uint32_t location_run; /* number of the current run; set by the scheduler */

/* Find or make the location. The first use in a run captures its initial value: of memory for an
 * atomic, 0 for a hidden one. An atomic that is used with two sizes is not modelled, and ends the
 * run. */
int location_of(enum space space, const void *address, int size, uint64_t pc);

/* The atomic location at this address in use in this run, or NONE. */
int location_active(uintptr_t address);

/* Real memory follows modification order: write unless a later store's value is there. */
void location_write_through(const struct graph *g, int write);

#endif
