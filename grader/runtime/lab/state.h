/* state.h - what the lab knows of its threads, and the few steps that all of its parts share.
 *
 * The lab must be invisible to the judges: a lock or an atomic of its own that ThreadSanitizer or
 * Helgrind could see would order the code under test, and hide its races. So these files use
 * uninstrumented __atomic builtins and raw futex system calls only, and Helgrind is told not to
 * look at this memory (hide.c).
 *
 * One lock guards everything here. Each thread that does not run is parked on a word of its own, so
 * that a wakeup reaches exactly the thread that is meant. Invariants:
 *   I1  one thread has the turn (turns.h): its activity is LAB_RUNNING, and its parked == 0. All
 *       others are parked, or about to park: parked == 1.
 *   I2  at each release of the lock, some thread can run, or the test is being ended: what would
 *       break this (the last one blocks) first moves the clock, or reports the deadlock.
 *   I3  a waiting thread whose condition holds has been released (lab_notice).
 */
#ifndef HB_LAB_STATE_H
#define HB_LAB_STATE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "frames.h"
#include "lab.h"

enum lab_activity {
    LAB_UNUSED,   /* the slot is free */
    LAB_RUNNING,  /* has the turn, or waits for it */
    LAB_ASLEEP,   /* in a futex call, on `word` */
    LAB_AT_DOOR,  /* stopped at `door` */
    LAB_JOINING,  /* in lab_join, for `other` */
    LAB_AWAITING, /* in lab_await_... or lab_settle, until `awaited` */
    LAB_FINISHED, /* the body has returned; lab_join frees the slot */
};

enum lab_awaited { AWAITED_ASLEEP, AWAITED_AT_DOOR, AWAITED_SETTLED };

struct lab_thread {
    /* Immutable while the slot is in use. */
    uint32_t number; /* 0: main */
    pthread_t handle;
    void (*body)(void *);
    void *argument;
    const uintptr_t *outermost; /* the frame that called the body; NULL: not known */

    /* Guarded by the lab's lock; read without it by a thread that reports a fault. */
    enum lab_activity activity;
    int32_t kernel_id;       /* 0: not yet known */
    uint32_t closed;         /* doors, one bit each */
    uint32_t closed_next;    /* doors that the next child finds closed */
    const char *call;        /* the lab's function that it is in, or was in last */
    void *frames[FRAMES];    /* where that was called */
    futex_word *word;        /* LAB_ASLEEP: on this word, */
    uint64_t deadline_ns;    /* until this time, */
    uint64_t place_in_queue; /* after all with a smaller number */
    enum futex_wait_result result;
    enum lab_door door; /* LAB_AT_DOOR; AWAITED_AT_DOOR */
    enum lab_awaited awaited;
    struct lab_thread *other; /* LAB_JOINING, LAB_AWAITING */
    int outcome;              /* LAB_AWAITING: lab_outcome when it was released */
    uint64_t allowance_ns;    /* awaited: spinning once it has used so much; 0: not yet granted */
    uint64_t places;          /* turns.c: all that it has come by */
    uint64_t places_at_rest;  /* when it last rested, or when somebody began to await */

    /* Atomic. */
    uint32_t parked;  /* 1: not its turn */
    uint32_t sampled; /* 1: `sample` is filled in */
    void *sample[FRAMES];
};

#define LAB_SLOTS (LAB_MAX_THREADS + 1)

struct lab {
    uint32_t lock;    /* lock.c */
    uint32_t started; /* threads since the test or round began */
    uint32_t walk;    /* turns.c: where in the sequence we are */
    uint32_t places;  /* turns.c: all that the threads have come by */
    uint64_t now_ns;
    uint64_t queued;   /* sleeps since the process began */
    uint32_t spurious; /* waits that are still to end at once */
    uint64_t spin_limit_ns;
    const char *expected_panic; /* NULL: none */
    struct lab_tally tally;
    struct lab_thread threads[LAB_SLOTS]; /* [0] is main */
};

extern struct lab lab;

#define LAB_EACH(thread)                                                                           \
    for (struct lab_thread *thread = lab.threads; thread < lab.threads + LAB_SLOTS; thread++)

/* --- lock.c: the lock, parking, and Linux's own clocks, by raw system calls ------------------- */

void lab_lock(void);
void lab_unlock(void);

/* Sleep until unparked, or for about LAB_TICK_NS of real time if `tick`. True: unparked. */
bool lab_park(struct lab_thread *self, bool tick);
void lab_unpark(struct lab_thread *thread);
#define LAB_TICK_NS 10000000u

/* Processor time of a thread (its kernel id), in nanoseconds; 0 if it is gone. */
uint64_t lab_thread_clock_ns(int32_t kernel_id);

/* --- threads.c: who is who --------------------------------------------------------------------- */

/* The calling thread; NULL for one that the lab does not know. Never blocks. */
struct lab_thread *lab_self(void);

/* The calling thread, noted as being in `call`, with the lock taken; a stranger ends the test.
 * frame: __builtin_frame_address(0) of the lab's public function. */
struct lab_thread *lab_enter(const char *call, const void *frame);

/* Hold a handle that a test gave to `call` against the slots: one that is not in use ends the test.
 * The lock is held. */
void lab_check_handle(const char *call, const struct lab_thread *thread);

/* --- blocking.c: the one way to block ----------------------------------------------------------- */

/* Block the caller with this activity until lab_release. Called with the lock held; returns with it
 * given back. */
void lab_block(struct lab_thread *self, enum lab_activity activity);

/* A blocked thread can run again, when its turn comes. The lock is held. */
void lab_release(struct lab_thread *thread);

/* A thread's activity has changed: release whoever waits for that (I3), then see to it that somebody
 * runs (I2). The lock is held. */
void lab_notice(void);

/* Is `thread` one that should come to rest, because `awaiter` waits for that? The lock is held. */
bool lab_is_watched(const struct lab_thread *thread, const struct lab_thread *awaiter);

/* Does what an AWAITING thread awaits hold (1), can it no longer (0), or is it open (-1)? */
int lab_outcome(const struct lab_thread *awaiter);

/* --- turns.c: whose turn it is ------------------------------------------------------------------- */

/* Give the turn to another thread that can run, if there is one; the caller then parks. The lock is
 * held. */
void lab_pass_turn(struct lab_thread *self);

/* --- sleep.c, doors.c --------------------------------------------------------------------------- */

/* Time out each sleeper whose deadline has come. The lock is held. */
void lab_expire(void);

/* If the door is closed for the caller, stand there until it is opened. The lock is held on entry
 * and on return. */
void lab_pass(struct lab_thread *self, enum lab_door door);

/* --- report.c: the faults that the lab finds by itself ------------------------------------------ */

_Noreturn void lab_report_deadlock(void);
_Noreturn void lab_report_endless(void);
_Noreturn void lab_report_spinning(struct lab_thread *spinner, struct lab_thread *awaiter);
_Noreturn void lab_misuse(const char *call, const char *rule);

#endif
