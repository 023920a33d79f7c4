/* location.c - names for what threads communicate through. */
#include "location.h"

#include <string.h>

#include "fault.h"

struct location locations[MAX_LOCATIONS];
uint32_t location_run;

enum { SLOTS = 4 * MAX_LOCATIONS };
static int16_t slots[SLOTS]; /* location + 1; 0 is empty */
static int n_locations;

static unsigned slot_of(enum space space, uintptr_t address) {
    return (unsigned)((((address >> 0) ^ ((uintptr_t)space << 56)) * 0x9E3779B97F4A7C15u) >> 40) %
           SLOTS;
}

static value_t memory_value(const void *address, int size) {
    value_t v = 0;
    memcpy(&v, address, (size_t)size);
    return v;
}

static int location_find(enum space space, uintptr_t address) {
    for (unsigned s = slot_of(space, address);; s = (s + 1) % SLOTS) {
        if (slots[s] == 0) return -1 - (int)s;
        struct location *l = &locations[slots[s] - 1];
        if (l->address == address && l->space == space) return slots[s] - 1;
    }
}

int location_of(enum space space, const void *address, int size, uint64_t pc) {
    int loc = location_find(space, (uintptr_t)address);
    if (loc < 0) {
        if (n_locations == MAX_LOCATIONS) fault_not_modelled("more than 4096 atomic objects", pc);
        slots[-1 - loc] = (int16_t)(n_locations + 1);
        loc = n_locations++;
        locations[loc] = (struct location){
            .address = (uintptr_t)address, .space = (uint8_t)space, .size = (uint8_t)size};
    }
    struct location *l = &locations[loc];
    if (l->run != location_run) {
        l->run = location_run;
        l->size = (uint8_t)size;
        l->init = space == SPACE_MEMORY ? memory_value(address, size) : 0;
    } else if (l->size != size) {
        fault_not_modelled("atomic accesses of different sizes to one object", pc);
    }
    return loc;
}

int location_active(uintptr_t address) {
    int loc = location_find(SPACE_MEMORY, address);
    return loc >= 0 && locations[loc].run == location_run ? loc : NONE;
}

void location_write_through(const struct graph *g, int write) {
    const struct event *w = &g->ev[write];
    struct location *l = &locations[w->loc];
    if (l->space != SPACE_MEMORY) return;
    if (l->written == location_run && l->mem_pos > w->mo_pos) return;
    l->written = location_run;
    l->mem_pos = w->mo_pos;
    memcpy((void *)l->address, &w->wval, l->size);
}
