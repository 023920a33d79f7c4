/* shadow.h - who touched which byte of plain memory, and whether that was in order.
 *
 * Two accesses of different threads race when they overlap, at least one writes, not both are
 * atomic, and neither happens-before the other. The first race ends the execution: what comes
 * behind it is undefined (C17 5.1.2.4 paragraph 35).
 *
 * Source: Flanagan, Freund, "FastTrack: Efficient and Precise Dynamic Race Detection", PLDI 2009.
 * An epoch is (thread, number of visible events that it has performed). Here each word of 8 bytes
 * has a list of epochs with a mask of bytes instead of a clock, so neighbours do not disturb each
 * other.
 */
#ifndef HBX_SHADOW_H
#define HBX_SHADOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    TOUCH_WRITE = 1,  /* else a read */
    TOUCH_ATOMIC = 2, /* by an atomic operation */
    TOUCH_FREE = 4,   /* the block was freed: nothing may come behind it */
    TOUCH_FRAME = 8,  /* the function was left: its variables are gone */
};

/* Map the shadow. */
void shadow_begin(void);

/* Forget all accesses: a new run begins. */
void shadow_reset(void);

/* The running thread touches these bytes; `touch` is an OR of the above. Does not return if that is
 * a fault. */
void shadow_touch(const void *address, size_t size, int touch, uint64_t pc);

/* Has anybody in this run written one of these bytes, within one word of 8? */
bool shadow_written(const void *address, size_t size);

/* These bytes become somebody's anew (a freed block is handed out again): forget what was. */
void shadow_forget(const void *address, size_t size);

/* The running thread leaves a function whose frame is [low, high): a fault if another thread has
 * used it and is not known to be done with it. */
void shadow_leave_frame(uintptr_t low, uintptr_t high, uint64_t pc);

#endif
