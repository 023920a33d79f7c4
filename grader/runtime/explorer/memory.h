/* memory.h - the program's writable memory: restored before each run, and its heap. */
#ifndef HBX_MEMORY_H
#define HBX_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Keep the program's writable segments as they are now. */
void memory_begin(void);

/* Make them so again, and empty the heap. */
void memory_reset(void);

/* A fault of the processor at `address`: true if it was the first write to a page that is watched. */
bool memory_first_write(uintptr_t address);

/* A block of the running thread's heap; NULL if the thread has used it up. */
void *memory_allocate(size_t size, size_t align);

#endif
