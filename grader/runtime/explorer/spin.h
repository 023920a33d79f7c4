/* spin.h - loops that wait: an iteration that changes nothing is not explored twice.
 *
 * At each visible operation the program's registers that survive a call are kept (abi.c). When a
 * thread is about to read at a program point where it has already read, with the same registers
 * and the same stack, and since then it wrote nothing and each of its reads would read the same
 * store again, then the iteration would repeat for ever. The thread stops here; a store that one
 * of those reads could read instead revisits that read.
 */
#ifndef HBX_SPIN_H
#define HBX_SPIN_H

#include <stdint.h>

/* Forget the running thread's iteration: it has changed something. */
void spin_forget(void);
void spin_forget_all(void);

/* The running thread has read: event `read`. */
void spin_read(int read);

/* The running thread is about to add a read of `loc` at `pc`. Does not return if that would only
 * repeat an iteration. */
void spin_check(int loc, uint64_t pc);

#endif
