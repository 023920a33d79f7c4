/* fiber.h - the switch between stacks. All that depends on the processor is in fiber.c and in
 * spin.c's reading of registers. */
#ifndef HBX_FIBER_H
#define HBX_FIBER_H

#include <stdint.h>

/* Leave the running stack, remembering it in *from, and go on with the one at `to`. */
void fiber_switch(void **from, void *to);

/* Prepare the stack that ends at `high` so that the first switch to it calls entry(), which must not
 * return. Returns what to switch to. */
void *fiber_prepare(void *high, void (*entry)(void));

/* The thread pointer, on which thread-local variables hang: set it; and what it was at first. */
void fiber_set_thread_pointer(uintptr_t pointer);
uintptr_t fiber_own_pointer(void);

#endif
