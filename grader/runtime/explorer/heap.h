/* heap.h - malloc and free for the program under test.
 *
 * Blocks are cut from the running thread's heap, one behind the other, and start at the same place
 * in every run; so the same steps of a thread get the same addresses, whatever the others do. A
 * freed block is not handed out again in the same run: whoever still uses it is found out. With
 * --lifo-heap the block that was freed last comes back first, as real allocators do; this is what
 * shows ABA.
 */
#ifndef HBX_HEAP_H
#define HBX_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A new run: all heaps are empty. */
void heap_reset(void);

/* A block, or NULL if the thread has used up its heap. `align` is a power of two. The content is
 * 0xA5 in every byte, or 0 if `zero`. */
void *heap_allocate(size_t size, size_t align, bool zero, uint64_t pc);
void heap_free(void *block, uint64_t pc);
/* The size asked for. A fault if it is no block in use. */
size_t heap_size(const void *block, uint64_t pc);

/* An access to the heap must lie within one block. */
void heap_check(uintptr_t address, size_t size, bool write, uint64_t pc);

/* A read of at most 8 bytes in the heap: a fault if it sees what malloc() left there. */
void heap_check_read(const void *address, size_t size, uint64_t pc);

/* The first block that nobody has freed: its size, and where it was allocated. False: none. */
bool heap_leak(size_t *size, int *tid, uint64_t *pc, unsigned *blocks);

#endif
