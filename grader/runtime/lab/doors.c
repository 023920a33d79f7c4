/* doors.c - stopping a thread at a futex call, and waiting until it has come so far. */
#include <stddef.h>

#include "state.h"

static uint32_t bit(enum lab_door door) { return 1u << door; }

void lab_pass(struct lab_thread *self, enum lab_door door) {
    if (!(self->closed & bit(door))) return;
    self->door = door;
    lab_block(self, LAB_AT_DOOR);
    lab_lock();
}

void lab_close(struct lab_thread *thread, enum lab_door door) {
    struct lab_thread *caller = lab_enter("lab_close", __builtin_frame_address(0));
    if (thread) {
        lab_check_handle("lab_close", thread);
        thread->closed |= bit(door);
    } else {
        caller->closed_next |= bit(door);
    }
    lab_unlock();
}

void lab_open(struct lab_thread *thread, enum lab_door door) {
    lab_enter("lab_open", __builtin_frame_address(0));
    lab_check_handle("lab_open", thread);
    thread->closed &= ~bit(door);
    if (thread->activity == LAB_AT_DOOR && thread->door == door) lab_release(thread);
    lab_unlock();
}

/* --- waiting, with an eye on those that should come to rest ------------------------------------- */

bool lab_is_watched(const struct lab_thread *thread, const struct lab_thread *awaiter) {
    return awaiter->activity == LAB_AWAITING && thread->activity == LAB_RUNNING &&
           thread != awaiter && (!awaiter->other || thread == awaiter->other);
}

static void forget_allowances(void) {
    LAB_EACH(thread) {
        thread->allowance_ns = 0;
        thread->places_at_rest = thread->places;
    }
}

/* A loop without an atomic operation or a pause comes by no place where turns.c could count it. The
 * ticks are when the processor time of such a loop is read: a thread's allowance begins at the first
 * tick that sees it run after a rest. */
static void look_for_spinners(struct lab_thread *awaiter) {
    LAB_EACH(thread) {
        if (!lab_is_watched(thread, awaiter)) continue;
        uint64_t used_ns = lab_thread_clock_ns(thread->kernel_id);
        if (!thread->allowance_ns)
            thread->allowance_ns = used_ns + lab.spin_limit_ns;
        else if (used_ns > thread->allowance_ns)
            lab_report_spinning(thread, awaiter);
    }
}

static bool wait_with_ticks(struct lab_thread *self) {
    forget_allowances();
    self->activity = LAB_AWAITING;
    lab_notice();
    lab_pass_turn(self);
    lab_unlock();
    while (!lab_park(self, true)) {
        lab_lock();
        if (self->activity == LAB_AWAITING) look_for_spinners(self);
        lab_unlock();
    }
    return self->outcome;
}

/* The lock is held on entry, and not on return. */
static bool await(struct lab_thread *self, struct lab_thread *other, enum lab_awaited awaited) {
    self->other = other;
    self->awaited = awaited;
    int known = lab_outcome(self);
    if (known < 0) return wait_with_ticks(self);
    lab_unlock();
    return known;
}

bool lab_await_asleep(struct lab_thread *thread) {
    struct lab_thread *self = lab_enter("lab_await_asleep", __builtin_frame_address(0));
    lab_check_handle("lab_await_asleep", thread);
    return await(self, thread, AWAITED_ASLEEP);
}

bool lab_await_at(struct lab_thread *thread, enum lab_door door) {
    struct lab_thread *self = lab_enter("lab_await_at", __builtin_frame_address(0));
    lab_check_handle("lab_await_at", thread);
    self->door = door;
    return await(self, thread, AWAITED_AT_DOOR);
}

void lab_settle(void) {
    struct lab_thread *self = lab_enter("lab_settle", __builtin_frame_address(0));
    await(self, NULL, AWAITED_SETTLED);
}
