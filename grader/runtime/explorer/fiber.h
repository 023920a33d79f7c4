/* fiber.h - stacks, and the switch between them. All that depends on the processor is in fiber.c. */
#ifndef HBX_FIBER_H
#define HBX_FIBER_H

#include <stdint.h>

/* Leave the running stack, remembering it in *from, and go on with the one at `to`. */
void fiber_switch(void **from, void *to);

/* Prepare the stack of fiber `n` so that the first switch to it calls entry(), which must not
 * return. Returns what to switch to. */
void *fiber_prepare(int n, void (*entry)(void));

/* The lowest and the first address beyond fiber n's stack; the page below it is a guard. */
uintptr_t fiber_low(int n);
uintptr_t fiber_high(int n);

#endif
