/* spin.h - loops that wait: an iteration that changes nothing is not explored twice.
 *
 * When a thread is about to read at a program point where it has already read, with the same
 * registers and the same live stack, and has written nothing since, then it stands where it stood
 * before: the iteration between had no effect. The executions in which the loop goes round once
 * less are explored anyway (its last reads take other stores there), so this one stops here.
 * A store that one of the iteration's reads could read instead revisits that read.
 *
 * A loop whose iterations differ (a counter, a backoff that grows) is no such loop.
 */
#ifndef HBX_SPIN_H
#define HBX_SPIN_H

#include <stdbool.h>
#include <stdint.h>

/* Forget the running thread's iteration: it has changed something. */
void spin_forget(void);
void spin_forget_all(void);

/* The running thread is about to read `loc` at `pc`, now or in replay. True: it has stood here before,
 * and has changed nothing since. */
bool spin_check(int loc, uint64_t pc);

/* The running thread says that it spins (cpu_relax). */
void spin_hint(void);

/* A loop that looks a bounded number of times before it does something else (spin, then sleep) would
 * branch at every look, though it hardly matters which of them sees the change. So behind a spin hint
 * only the first looks branch (--looks); the later ones see what the look before them saw, unless they
 * must see more. The running thread loads at `pc`. True: this is such a later look. */
bool spin_look(uint64_t pc);

/* The read announced by spin_check is this event. */
void spin_read(int event);

/* The running thread stands where it stood before: has any store come since that a read of its
 * iteration could take instead? Position of that store, or NONE. */
int spin_news(int tid);

#endif
