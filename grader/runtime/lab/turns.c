/* turns.c - see turns.h: a random walk over the threads that can run, the same in every run. */
#include "turns.h"

#include <stddef.h>

#include "fence.h"
#include "state.h"

#define PLACES_PER_CHANGE 4 /* on average; a power of two */

/* Only who has the turn draws, so the sequence needs no lock. */
static uint32_t draw(uint32_t below) {
    lab.walk = lab.walk * 1664525 + 1013904223; /* Knuth, TAOCP 2, 3.3.4, table 1, line 16 */
    return (lab.walk >> 16) % below;
}

/* One of those that can run, `last` only if it is alone. */
static struct lab_thread *choose(const struct lab_thread *last) {
    struct lab_thread *able[LAB_SLOTS];
    uint32_t count = 0;
    LAB_EACH(thread)
    if (thread->activity == LAB_RUNNING && thread != last) able[count++] = thread;
    return count ? able[draw(count)] : NULL;
}

void lab_pass_turn(struct lab_thread *self) {
    struct lab_thread *next = choose(self);
    if (!next) return; /* I2: the owner itself can run */
    /* relaxed: who hands the turn back comes after lab_unpark's release */
    __atomic_store_n(&self->parked, 1, __ATOMIC_RELAXED);
    lab_unpark(next);
}

/* Only who has the turn counts, so that a spinner is found at the same place in each run. */
static void count_place(struct lab_thread *self) {
    fence_accesses_in_a_row = 0;
    if (fence_is_endless(++lab.places, LAB_ENDLESS_PLACES)) lab_report_endless();
    if (++self->places - self->places_at_rest < LAB_SPIN_LIMIT_PLACES) return;
    self->places_at_rest = self->places; /* nobody awaits: look again after as many */
    lab_lock();
    LAB_EACH(awaiter)
    if (lab_is_watched(self, awaiter)) lab_report_spinning(self, awaiter);
    lab_unlock();
}

static void pause_turn(struct lab_thread *self) {
    lab_lock();
    lab_pass_turn(self);
    lab_unlock();
    lab_park(self, false);
}

void turns_pause(void) {
    struct lab_thread *self = lab_self();
    if (!self) return; /* the runner itself, outside of any test */
    count_place(self);
    pause_turn(self);
}

void turns_give_way(void) {
    struct lab_thread *self = lab_self();
    if (!self) return;
    count_place(self);
    if (!draw(PLACES_PER_CHANGE)) pause_turn(self);
}
