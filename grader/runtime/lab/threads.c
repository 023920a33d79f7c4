/* threads.c - the lab's threads: started, known by name, joined. */
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "roster.h"
#include "state.h"
#include "turns.h"
#include "watchdog.h"

static _Thread_local struct lab_thread *self;
static pthread_key_t ending; /* its destructor runs however a thread ends */
static unsigned char stacks[LAB_SLOTS][WATCHDOG_STACK_BYTES] __attribute__((aligned(16)));

#define LAB_FIRST_NS 1000000000u /* the virtual clock starts at 1 s, so that there is a past */

static void note_end(void *thread) {
    struct lab_thread *ended = thread;
    lab_lock();
    ended->activity = LAB_FINISHED;
    lab_notice();
    lab_pass_turn(ended);
    lab_unlock();
}

static void adopt_main(const void *outermost) {
    self = &lab.threads[0];
    self->kernel_id = (int32_t)syscall(SYS_gettid);
    self->outermost = outermost;
    self->handle = pthread_self();
    self->activity = LAB_RUNNING;
    lab.now_ns = LAB_FIRST_NS;
    watchdog_adopt_thread(stacks[0]);
}

void roster_begin(const void *outermost) {
    pthread_key_create(&ending, note_end);
    adopt_main(outermost);
}

struct lab_thread *lab_self(void) {
    return self;
}

struct lab_thread *lab_enter(const char *call, const void *frame) {
    if (!self)
        lab_misuse(call, "only the test's main thread and threads made by lab_start may call it");
    lab_lock();
    self->call = call;
    frames_walk(self->frames, frame, self->outermost);
    return self;
}

void lab_check_handle(const char *call, const struct lab_thread *thread) {
    if (thread < lab.threads || thread >= lab.threads + LAB_SLOTS || thread->activity == LAB_UNUSED)
        lab_misuse(call, "the thread must come from lab_start, and not have been joined yet");
    if (thread == self) lab_misuse(call, "a thread cannot wait for itself");
}

static void *run(void *slot) {
    self = slot;
    self->outermost = __builtin_frame_address(0);
    watchdog_adopt_thread(stacks[self - lab.threads]);
    pthread_setspecific(ending, self);
    lab_lock();
    self->kernel_id = (int32_t)syscall(SYS_gettid);
    lab_unlock();
    lab_park(self, false);
    self->body(self->argument);
    return NULL;
}

static struct lab_thread *take_slot(void) {
    LAB_EACH(thread)
    if (thread->activity == LAB_UNUSED) return thread;
    lab_misuse("lab_start", "more than LAB_MAX_THREADS threads at one time");
}

struct lab_thread *lab_start(void (*body)(void *), void *argument) {
    struct lab_thread *creator = lab_enter("lab_start", __builtin_frame_address(0));
    struct lab_thread *child = take_slot();
    *child = (struct lab_thread){.number = ++lab.started,
                                 .body = body,
                                 .argument = argument,
                                 .call = "lab_start",
                                 .closed = creator->closed_next,
                                 .activity = LAB_RUNNING,
                                 .parked = 1};
    creator->closed_next = 0;
    lab_unlock();
    pthread_attr_t sized;
    pthread_attr_init(&sized);
    pthread_attr_setstacksize(&sized, LAB_STACK_BYTES);
    if (pthread_create(&child->handle, &sized, run, child))
        lab_misuse("lab_start", "the system gives this process no more threads");
    pthread_attr_destroy(&sized);
    return child;
}

void lab_join(struct lab_thread *thread) {
    struct lab_thread *joiner = lab_enter("lab_join", __builtin_frame_address(0));
    lab_check_handle("lab_join", thread);
    if (thread->activity == LAB_FINISHED) {
        lab_unlock();
    } else {
        joiner->other = thread;
        lab_block(joiner, LAB_JOINING);
    }
    pthread_join(thread->handle, NULL);
    lab_lock();
    thread->activity = LAB_UNUSED;
    lab_unlock();
}

bool lab_finished(const struct lab_thread *thread) {
    turns_give_way();
    lab_enter("lab_finished", __builtin_frame_address(0));
    lab_check_handle("lab_finished", thread);
    bool finished = thread->activity == LAB_FINISHED;
    lab_unlock();
    return finished;
}

uint64_t lab_places(const struct lab_thread *thread) {
    turns_give_way();
    lab_enter("lab_places", __builtin_frame_address(0));
    lab_check_handle("lab_places", thread);
    uint64_t places = thread->places;
    lab_unlock();
    return places;
}
