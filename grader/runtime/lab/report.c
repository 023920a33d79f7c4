/* report.c - the faults that the lab finds by itself, and what its threads do, in words. */
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "frames.h"
#include "roster.h"
#include "sample.h"
#include "signals.h"
#include "state.h"
#include "verdict.h"

/* "main" or "thread 7"; buffer of 32 bytes. */
static const char *name_of(const struct lab_thread *thread, char buffer[32]) {
    char digits[21], *end = buffer;
    if (!thread->number) return "main";
    for (const char *text = "thread "; *text; text++) *end++ = *text;
    for (const char *text = number_text(digits, thread->number); *text; text++) *end++ = *text;
    *end = '\0';
    return buffer;
}

static void put_activity(struct packet *packet, const struct lab_thread *thread) {
    static const char *const awaited[] = {" to fall asleep", " to come to the closed door",
                                          "all threads to come to rest"};
    static const char *const doors[] = {"before it compares the word", "before it wakes anybody",
                                        "after its sleep, before it returns"};
    char buffer[32];
    const char *other = thread->other ? name_of(thread->other, buffer) : "";
    switch (thread->activity) {
    case LAB_RUNNING: packet_text(packet, "runs"); break;
    case LAB_ASLEEP:
        packet_pieces(packet, (const char *[]){"sleeps in ", thread->call, NULL});
        break;
    case LAB_AT_DOOR:
        packet_pieces(packet, (const char *[]){"is kept at a closed door of ", thread->call, ", ",
                                               doors[thread->door], NULL});
        break;
    case LAB_JOINING:
        packet_pieces(packet, (const char *[]){"waits for ", other, " to end", NULL});
        break;
    case LAB_AWAITING:
        packet_pieces(packet,
                      (const char *[]){"waits for ", other, awaited[thread->awaited], NULL});
        break;
    default: packet_text(packet, "has ended");
    }
}

/* --- where a running thread is: it is asked by a signal ------------------------------------------ */

#define SAMPLE_WAITS 200 /* of a millisecond each */

void roster_take_sample(const void *context) {
    struct lab_thread *self = lab_self();
    if (!self) return;
    frames_of_context(self->sample, context, self->outermost);
    __atomic_store_n(&self->sampled, 1, __ATOMIC_RELEASE); /* [R1] publishes the sample */
}

static bool take_sample_of(struct lab_thread *thread) {
    if (!thread->kernel_id) return false;
    __atomic_store_n(&thread->sampled, 0, __ATOMIC_RELAXED); /* the signal comes after it */
    syscall(SYS_tgkill, getpid(), thread->kernel_id, SIGNAL_SAMPLE);
    for (int wait = 0; wait < SAMPLE_WAITS; wait++) {
        if (__atomic_load_n(&thread->sampled, __ATOMIC_ACQUIRE)) return true; /* [R1] */
        signals_pause_ms(1);
    }
    return false;
}

static void put_triple(struct packet *packet, struct lab_thread *thread) {
    char buffer[32];
    packet_text(packet, name_of(thread, buffer));
    put_activity(packet, thread);
    if (thread->activity != LAB_RUNNING)
        packet_places(packet, thread->frames, FRAMES);
    else if (take_sample_of(thread))
        packet_chance_places(packet, thread->sample, FRAMES);
    else
        packet_text(packet, "");
}

/* --- roster.h ------------------------------------------------------------------------------------ */

void roster_tell_caller(struct packet *packet, const char *activity, void *const frames[]) {
    char buffer[32];
    struct lab_thread *self = lab_self();
    packet_text(packet, self ? name_of(self, buffer) : "");
    packet_text(packet, activity);
    if (!frames && !self)
        packet_text(packet, "");
    else
        packet_places(packet, frames ? frames : self->frames, FRAMES);
}

void roster_tell_others(struct packet *packet) {
    LAB_EACH(thread)
    if (thread != lab_self() && thread->activity != LAB_UNUSED && thread->activity != LAB_FINISHED)
        put_triple(packet, thread);
}

void roster_tell_interrupted(struct packet *packet, void *const frames[]) {
    char buffer[32];
    struct lab_thread *self = lab_self();
    packet_text(packet, self ? name_of(self, buffer) : "");
    if (self)
        put_activity(packet, self);
    else
        packet_text(packet, "runs");
    if (self && self->activity != LAB_RUNNING)
        packet_places(packet, self->frames, FRAMES);
    else
        packet_chance_places(packet, frames, FRAMES);
}

const void *roster_outermost(void) { return lab_self() ? lab_self()->outermost : NULL; }

void roster_new_round(void) { lab.started = 0; }

static _Noreturn void panic_did_not_come(void) {
    struct packet packet;
    fault_begin(&packet, "no-panic",
                (const char *[]){lab.expected_panic,
                                 " should have panicked, because a rule of its was broken; "
                                 "it went on as if nothing had happened.",
                                 NULL});
    fault_end(&packet);
}

void roster_check_at_end(void) {
    if (lab.expected_panic) panic_did_not_come();
    LAB_EACH(thread) {
        struct packet packet;
        if (!thread->number || thread->activity == LAB_UNUSED) continue;
        fault_begin(&packet, "lab-misuse",
                    (const char *[]){"the test ended with a thread that it never gave back: "
                                     "lab_join each thread that lab_start made.",
                                     NULL});
        put_triple(&packet, thread);
        fault_end(&packet);
    }
}

/* --- faults -------------------------------------------------------------------------------------- */

_Noreturn void lab_report_deadlock(void) {
    struct packet packet;
    fault_begin(
        &packet, "deadlock",
        (const char *[]){"every thread sleeps, or waits for one that does: nobody is left to "
                         "wake anybody.",
                         NULL});
    LAB_EACH(thread)
    if (thread->activity != LAB_UNUSED && thread->activity != LAB_FINISHED)
        put_triple(&packet, thread);
    fault_end(&packet);
}

_Noreturn void lab_report_endless(void) {
    struct packet packet;
    void *frames[FRAMES];
    frames_walk(frames, __builtin_frame_address(0), roster_outermost());
    fault_begin(&packet, "endless-loop",
                (const char *[]){"the test's threads came by so many atomic operations, "
                                 "pauses and futex calls that nobody will end this.",
                                 NULL});
    roster_tell_caller(&packet, "goes round here", frames);
    roster_tell_others(&packet);
    fault_end(&packet);
}

_Noreturn void lab_report_spinning(struct lab_thread *spinner, struct lab_thread *awaiter) {
    struct packet packet;
    char buffer[32];
    fault_begin(&packet, "spinning",
                (const char *[]){name_of(spinner, buffer),
                                 " was expected to sleep; it went on using the processor instead.",
                                 NULL});
    put_triple(&packet, spinner);
    put_triple(&packet, awaiter);
    fault_end(&packet);
}

_Noreturn void lab_misuse(const char *call, const char *rule) {
    struct packet packet;
    fault_begin(&packet, "lab-misuse", (const char *[]){call, ": ", rule, ".", NULL});
    roster_tell_caller(&packet, "called it", NULL);
    fault_end(&packet);
}
