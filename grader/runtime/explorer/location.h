/* location.h - names for what threads communicate through.
 *
 * An atomic object is a location; so is, hidden, every synchronisation object and the kernel's wait
 * queue of a futex word. Numbers are given once and kept for the whole exploration, since addresses
 * repeat from run to run.
 *
 * Memory that was written by a plain store after its atomic use (set up anew, freed and handed out
 * again) is a new object, and gets a new location: nothing that is read there can be older. That
 * loses no execution: a plain store is ordered with every atomic access of the place, or it races.
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
    SPACE_FUTEX,
    SPACE_LARGE /* an atomic object of more than 16 bytes */
};

struct location {
    uintptr_t address;
    uint8_t space, size;
    bool overwritten;  /* since its last use; of its place's current location */
    int16_t first;     /* the place's first location */
    int16_t next;      /* the place's next one, or NONE */
    int16_t current;   /* of a first location: the one in use in this run */
    uint32_t run;      /* the run in which init was captured */
    uint32_t mem_run;  /* the run in which mem_store holds */
    int16_t mem_store; /* the store whose value real memory holds */
    value_t init;
};

extern struct location locations[MAX_LOCATIONS];
extern uint32_t location_run; /* number of the current run; set by the scheduler */

/* Find or make the location. The first use in a run captures its initial value: of memory for an
 * atomic, 0 for a hidden one. Accesses of different sizes to one object are not modelled, and end
 * the run. */
int location_of(enum space space, const void *address, int size, uint64_t pc);

/* The atomic location at this address in use in this run, or NONE. */
int location_active(uintptr_t address);

/* Plain bytes were written to this word of 8: its atomic objects are new ones now. */
void location_overwritten(uintptr_t word, uint8_t mask);

/* Real memory follows modification order: write unless a later store's value is there. */
void location_write_through(const struct graph *g, int write);

#endif
