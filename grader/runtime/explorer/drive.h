/* drive.h - who decides what a new event does: the search, or a driver.
 *
 * The search takes the first choice and leaves the others as work (revisit.h). A driver is asked
 * each time: at random (sample.c), along a token (script.c), or by a reader (adversary.c). Under a
 * driver a thread that cannot go on adds no event; it waits, and tries again.
 */
#ifndef HBX_DRIVE_H
#define HBX_DRIVE_H

#include "graph.h"

struct driver {
    /* One of the n threads that can run, or NONE: nobody runs any more; called before each new event and when a thread stops. */
    int (*thread)(const int *able, int n);
    /* One of the n stores that the read may take, the newest in modification order first. */
    int (*store)(const struct event *read, const int16_t *stores, int n);
    /* One of the n stores that the new one may follow, the last in modification order first. */
    int (*place)(const struct event *write, const int16_t *stores, int n);
    int (*value)(int n); /* a number below n */
    /* May be NULL. True: take the newest store, or the last place, without being asked. */
    bool (*newest)(void);
};

extern const struct driver *driver; /* NULL: the search */

/* Give a new read, already appended, a store, with its clocks. */
void drive_read(struct graph *g, int read);

/* Is there a store that satisfies the guard of such a read? (Driver only.) */
bool drive_can_read(struct graph *g, const struct event *read);

/* Place a new store, already appended with value and clocks. False: this run is at its end. */
bool drive_write(struct graph *g, int write);

/* The value of a new EV_CHOICE, already appended, among n. */
void drive_value(struct graph *g, int choice, int n);

#endif
