/* duplicates.c - the explorer's promise to itself: no execution graph comes twice. */
#include "duplicates.h"

#include <stdlib.h>

#include "fault.h"

static uint64_t *seen;
static size_t room, n_seen;

static uint64_t mix(uint64_t h, uint64_t v) {
    h = (h ^ v) * 0x9E3779B97F4A7C15u;
    return h ^ (h >> 32);
}

/* An event's name, whatever the order of the run: its thread and its place there. */
static uint64_t name_of(const struct graph *g, int at) {
    return at < 0 ? (uint64_t)at : (uint64_t)g->ev[at].tid << 32 | (uint16_t)g->ev[at].idx;
}

static uint64_t hash_of(const struct graph *g) {
    uint64_t sum = 1; /* of threads and locations, in any order */
    for (int at = 0; at < g->n; at++) {
        const struct event *e = &g->ev[at];
        bool number = e->kind == EV_CHOICE || e->kind == EV_CREATE;
        uint64_t h = mix(name_of(g, at), e->kind);
        h = mix(h, (uint64_t)e->loc);
        sum += mix(h, number ? (uint64_t)e->rf : name_of(g, e->rf));
    }
    for (int loc = 0; loc < g->n_locs; loc++) {
        uint64_t h = mix(0, (uint64_t)loc);
        for (int w = g->mo_first[loc]; w >= 0; w = g->ev[w].mo_next) h = mix(h, name_of(g, w));
        sum += h;
    }
    return sum | 1;
}

/* True: it was there. */
static bool put(uint64_t h) {
    size_t at = h % room;
    for (; seen[at]; at = (at + 1) % room)
        if (seen[at] == h) return true;
    seen[at] = h;
    n_seen++;
    return false;
}

static void grow(void) {
    uint64_t *before = seen;
    size_t n = room;
    room = room ? 2 * room : 1 << 16;
    seen = calloc(room, sizeof *seen);
    if (!seen) fault_internal("no memory to look for duplicates");
    n_seen = 0;
    for (size_t at = 0; at < n; at++)
        if (before[at]) put(before[at]);
    free(before);
}

void duplicates_check(const struct graph *g) {
    if (n_seen * 2 >= room) grow();
    if (put(hash_of(g))) fault_internal("an execution graph has come twice");
}
