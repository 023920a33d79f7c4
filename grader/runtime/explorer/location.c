/* location.c - names for what threads communicate through. */
#include "location.h"

#include <string.h>

#include "fault.h"

struct location locations[MAX_LOCATIONS];
uint32_t location_run;

enum { BUCKETS = 4 * MAX_LOCATIONS };
static int16_t buckets[BUCKETS]; /* first location of a place + 1; 0 is empty */
static int n_locations;

static unsigned bucket_of(enum space space, uintptr_t address) {
    return (unsigned)(((address ^ ((uintptr_t)space << 56)) * 0x9E3779B97F4A7C15u) >> 40) % BUCKETS;
}

static value_t memory_value(const void *address, int size) {
    value_t v = 0;
    memcpy(&v, address, (size_t)size);
    return v;
}

/* A store of each size by itself: a few instructions, not a call. */
static void memory_set(void *address, const value_t *value, int size) {
    switch (size) {
    case 1: memcpy(address, value, 1); break;
    case 2: memcpy(address, value, 2); break;
    case 4: memcpy(address, value, 4); break;
    case 8: memcpy(address, value, 8); break;
    default: memcpy(address, value, (size_t)size);
    }
}

/* The place's first location, or -1 - (the empty bucket where it belongs). */
static int find(enum space space, uintptr_t address) {
    for (unsigned s = bucket_of(space, address);; s = (s + 1) % BUCKETS) {
        if (buckets[s] == 0) return -1 - (int)s;
        struct location *l = &locations[buckets[s] - 1];
        if (l->address == address && l->space == space) return buckets[s] - 1;
    }
}

static int make(enum space space, uintptr_t address, int first, uint64_t pc) {
    if (n_locations == MAX_LOCATIONS)
        fault_raise(FAULT_NOT_MODELLED, pc, "not modelled: more than %d atomic objects",
                    MAX_LOCATIONS);
    int loc = n_locations++;
    locations[loc] = (struct location){.address = address,
                                       .space = (uint8_t)space,
                                       .first = (int16_t)(first == NONE ? loc : first),
                                       .next = NONE,
                                       .current = (int16_t)loc};
    return loc;
}

static int first_of(enum space space, uintptr_t address, uint64_t pc) {
    int loc = find(space, address);
    if (loc >= 0) return loc;
    int bucket = -1 - loc;
    loc = make(space, address, NONE, pc);
    buckets[bucket] = (int16_t)(loc + 1);
    return loc;
}

static void capture(struct location *l, int size) {
    l->run = location_run;
    l->size = (uint8_t)size;
    l->overwritten = false;
    l->init = l->space == SPACE_MEMORY ? memory_value((void *)l->address, size) : 0;
}

int location_of(enum space space, const void *address, int size, uint64_t pc) {
    struct location *first = &locations[first_of(space, (uintptr_t)address, pc)];
    struct location *l = &locations[first->current];
    if (first->run != location_run) {
        l = first;
        first->current = first->first;
        capture(first, size);
    } else if (l->overwritten) {
        if (l->next == NONE) {
            int made = make(space, (uintptr_t)address, first->first, pc);
            l->next = (int16_t)made;
        }
        first->current = l->next;
        l = &locations[l->next];
        capture(l, size);
    } else if (l->size != size) {
        fault_raise(FAULT_NOT_MODELLED, pc,
                    "not modelled: atomic accesses of %d and of %d bytes to one object", l->size,
                    size);
    }
    return (int)(l - locations);
}

int location_active(uintptr_t address) {
    int loc = find(SPACE_MEMORY, address);
    if (loc < 0 || locations[loc].run != location_run) return NONE;
    return locations[loc].current;
}

void location_overwritten(uintptr_t word, uint8_t mask) {
    for (unsigned byte = 0; byte < 8; byte++) {
        if (!(mask >> byte & 1)) continue;
        int loc = location_active(word + byte);
        if (loc >= 0) locations[loc].overwritten = true;
    }
}

void location_write_through(const struct graph *g, int write) {
    const struct event *w = &g->ev[write];
    struct location *l = &locations[w->loc];
    if (l->space != SPACE_MEMORY) return;
    if (l->mem_run == location_run && g->ev[l->mem_store].mo_pos > w->mo_pos) return;
    l->mem_run = location_run;
    l->mem_store = (int16_t)write;
    memory_set((void *)l->address, &w->wval, l->size);
}
