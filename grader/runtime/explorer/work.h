/* work.h - what is still to be explored: a stack of choices, and the graphs that they cut. */
#ifndef HBX_WORK_H
#define HBX_WORK_H

#include "graph.h"

enum work_kind {
    WORK_READ,    /* let `event` read store `a` */
    WORK_PLACE,   /* put store `event` behind `a` */
    WORK_VALUE,   /* let choice `event` take value `a` */
    WORK_REVISIT, /* let read `a` read store `event`, which goes behind `b` */
};

struct work {
    uint8_t kind;
    int16_t event, a, b;
};

void work_clear(void);
void work_push(struct work item);

/* The graph that is being explored. */
struct graph *work_graph(void);

/* How many choices are open. */
int work_open(void);

/* Drop every second open choice: the odd ones, or the others. Two processes that each drop the
 * other half explore everything between them. */
void work_halve(bool odd);

/* A graph that the search does not use. */
struct graph *work_spare_graph(void);

/* Go to the next graph that must be run. False: there is none, all has been explored. */
bool work_next(void);

/* Append the write of the RMW whose read, the last event, succeeds; its value and clocks too. */
void rmw_append_write(struct graph *g, int read);

#endif
