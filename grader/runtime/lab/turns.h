/* turns.h - one thread of the lab runs at a time, and a fixed sequence says which.
 *
 * Whoever runs has the turn. It passes when its owner blocks or ends, and at the places below, which
 * the judged code reaches all the time: each atomic operation of an instrumented object, each pause
 * of a spinning thread, each futex call. What the next thread is hangs on nothing but the sequence,
 * so an object that is run twice does the same twice, under any load: what a judge has seen once it
 * sees always. The explorer sees the other schedules.
 *
 * Passing the turn orders nothing that a judge can see.
 */
#ifndef HB_TURNS_H
#define HB_TURNS_H

/* A place where another thread may go first: now and then, one does. */
void turns_give_way(void);

/* The caller waits for another thread: if any can run, one does. */
void turns_pause(void);

#endif
