/* frames.h - a thread's stack as return addresses, by the chain of frame pointers.
 *
 * Everything that is judged is compiled with -fno-omit-frame-pointer. x86-64 and AArch64 lay a frame
 * out alike: the caller's frame pointer, then the return address (System V AMD64 psABI, 3.2.2;
 * AAPCS64, 6.4.6).
 */
#ifndef HB_FRAMES_H
#define HB_FRAMES_H

#include <stdint.h>

#define FRAMES 8

/* The callers of the function whose frame this is, innermost first, ended by NULL where there is
 * room; only those inside the program, and inside `outermost` (exclusive; NULL: just the first). */
void frames_walk(void *frames[FRAMES], const uintptr_t *frame, const uintptr_t *outermost);

/* The same of a thread that a signal stopped, beginning with the instruction it stands at (plus one,
 * so that it reads like a return address). context: the handler's third argument. Tells by
 * `*stack` where its stack pointer stood. */
void frames_of_context(void *frames[FRAMES], const void *context, const uintptr_t *outermost);

/* The stack pointer in a signal's context. */
uintptr_t frames_stack_pointer(const void *context);

#endif
