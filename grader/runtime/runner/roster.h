/* roster.h - the threads of a test, as the runner knows them: by name, by what they do, and where.
 *
 * lab/ keeps the roster. Nothing here takes a lock or waits for another thread's lock, so that a
 * signal's handler, and a thread that reports a fault while others hold what they hold, may call it.
 */
#ifndef HB_ROSTER_H
#define HB_ROSTER_H

#include "channel.h"

/* The calling thread is the test's main thread; the test's body is called from the function with
 * this frame (__builtin_frame_address(0) of it). Before any other call of the lab. */
void roster_begin(const void *outermost);

/* The test's body has returned: end the test with a fault if the lab is not satisfied. */
void roster_check_at_end(void);

/* A new round of a scenario: its threads are numbered from 1 again. */
void roster_new_round(void);

/* Add one (thread, activity, place) triple to a fault: for the calling thread, saying `activity`, at
 * these return addresses (NULL: where it called the lab last); or for every thread but the caller,
 * saying what each does and where. */
void roster_tell_caller(struct packet *packet, const char *activity, void *const frames[]);
void roster_tell_others(struct packet *packet);

/* The same for the calling thread, which a signal has stopped at these addresses. */
void roster_tell_interrupted(struct packet *packet, void *const frames[]);

/* The frame that called the calling thread's body, or NULL. */
const void *roster_outermost(void);

#endif
