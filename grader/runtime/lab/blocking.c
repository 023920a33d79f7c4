/* blocking.c - the one way in which a thread of the lab blocks, and what follows from it. */
#include <stddef.h>

#include "state.h"

static bool somebody_runs(void) {
    LAB_EACH(thread)
    if (thread->activity == LAB_RUNNING) return true;
    return false;
}

int lab_outcome(const struct lab_thread *awaiter) {
    if (awaiter->awaited == AWAITED_SETTLED) return somebody_runs() ? -1 : 1;
    const struct lab_thread *other = awaiter->other;
    bool at_door = awaiter->awaited == AWAITED_AT_DOOR;
    switch (other->activity) {
    case LAB_FINISHED: return 0;
    case LAB_ASLEEP: return !at_door;
    case LAB_AT_DOOR: return at_door ? other->door == awaiter->door : -1;
    default: return -1;
    }
}

void lab_release(struct lab_thread *thread) {
    thread->allowance_ns = 0;
    thread->places_at_rest = thread->places;
    thread->activity = LAB_RUNNING;
}

static void release_those_who_wait(void) {
    LAB_EACH(thread) {
        if (thread->activity == LAB_JOINING && thread->other->activity == LAB_FINISHED)
            lab_release(thread);
        if (thread->activity == LAB_AWAITING && (thread->outcome = lab_outcome(thread)) >= 0)
            lab_release(thread);
    }
}

static uint64_t nearest_deadline_ns(void) {
    uint64_t nearest = FUTEX_FOREVER;
    LAB_EACH(thread)
    if (thread->activity == LAB_ASLEEP && thread->deadline_ns < nearest)
        nearest = thread->deadline_ns;
    return nearest;
}

/* Virtual time jumps only when nothing else can happen. */
void lab_notice(void) {
    release_those_who_wait();
    if (somebody_runs()) return;
    uint64_t nearest = nearest_deadline_ns();
    if (nearest == FUTEX_FOREVER) lab_report_deadlock();
    lab.now_ns = nearest;
    lab_expire();
}

void lab_block(struct lab_thread *self, enum lab_activity activity) {
    self->activity = activity;
    lab_notice();
    lab_pass_turn(self);
    lab_unlock();
    lab_park(self, false);
}
