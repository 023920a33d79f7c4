/* memory.h - the program's writable memory: restored before each run; heap, stacks, thread-local
 * variables.
 *
 * Everything that belongs to one thread lies in one slot of address space, at the same place in
 * every execution, so that the same steps see the same addresses:
 *
 *     slot of thread t    heap, HEAP_BYTES | guard | stack, STACK_BYTES | thread-local | next slot
 *
 * Progress: all of this file runs between two steps of the program; nothing here blocks.
 */
#ifndef HBX_MEMORY_H
#define HBX_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config.h"

#define SLOTS_BASE  ((uintptr_t)0x200000000000)
#define SLOT_BYTES  ((uintptr_t)128 << 20)
#define SLOTS_BYTES (SLOT_BYTES * MAX_THREADS)
#define NOTES_AWAY  SLOTS_BYTES /* from a block of a heap to what the explorer notes of it */

enum { GUARD_BYTES = 1 << 20 };

static inline uintptr_t heap_low(int tid) { return SLOTS_BASE + SLOT_BYTES * (unsigned)tid; }
static inline uintptr_t stack_low(int tid) { return heap_low(tid) + HEAP_BYTES + GUARD_BYTES; }
static inline uintptr_t stack_high(int tid) { return stack_low(tid) + STACK_BYTES; }
static inline uintptr_t tls_low(int tid) { return stack_high(tid); }

/* Whose slot this address lies in; NONE-like -1: nobody's. */
static inline int slot_owner(uintptr_t address) {
    return address - SLOTS_BASE < SLOTS_BYTES ? (int)((address - SLOTS_BASE) / SLOT_BYTES) : -1;
}
static inline bool in_stack(uintptr_t address, int tid) {
    return address - stack_low(tid) < STACK_BYTES;
}

/* The program's own writable segment, as linked. */
extern uintptr_t segment_low, segment_high;

/* Map the slots; keep the program's writable segment and thread-local image as they are now. */
void memory_begin(void);

/* Make them so again. */
void memory_reset(void);

/* A fault of the processor at `address`: true if it was the first write to a page that is watched. */
bool memory_first_write(uintptr_t address);

/* Give thread `tid` fresh thread-local variables. Returns what its thread pointer is to be, or 0 if
 * the program has none of its own. */
uintptr_t memory_fresh_tls(int tid);

/* Are these bytes thread-local variables that the program has declared? */
bool memory_is_own_tls(int tid, uintptr_t address, size_t size);

#endif
