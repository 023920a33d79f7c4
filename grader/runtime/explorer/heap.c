/* heap.c - malloc and free for the program under test. */
#include "heap.h"

#include <string.h>

#include "fault.h"
#include "memory.h"
#include "run.h"
#include "shadow.h"
#include "trace.h"

/* Stands before each block, but in memory of the explorer's own, NOTES_AWAY: the program cannot
 * reach it. A block's bytes are followed by at least 16 that belong to nobody. */
struct header {
    uint64_t magic;
    size_t size;
    uint32_t room; /* from the end of this header to the next one */
    uint32_t alloc_pc;
    uint8_t tid, freed;
    struct header *next_free; /* --lifo-heap: freed before it */
    struct header *before;    /* the block cut before it from the same heap */
};
_Static_assert(sizeof(struct header) % 16 == 0, "blocks are aligned to 16 bytes");

#define MAGIC 0x68656170626c6f63u

static uintptr_t top[MAX_THREADS];        /* first byte not yet cut */
static struct header *last[MAX_THREADS];  /* cut last */
static struct header *spare[MAX_THREADS]; /* freed by this thread, the newest first */
static int used = MAX_THREADS;            /* threads from this one on: no block cut or freed */

void heap_reset(void) {
    for (int t = 0; t < used; t++) {
        top[t] = heap_low(t);
        last[t] = spare[t] = NULL;
    }
    used = 0;
}

static void mark_used(int thread) {
    if (thread >= used) used = thread + 1;
}

static struct header *header_of(const void *block) {
    return (struct header *)((uintptr_t)block + NOTES_AWAY) - 1;
}

static void *block_of(struct header *h) { return (char *)(h + 1) - NOTES_AWAY; }

static struct header *take_spare(size_t size, size_t align) {
    for (struct header **link = &spare[run.me]; *link; link = &(*link)->next_free) {
        struct header *h = *link;
        if (h->size != size || ((uintptr_t)block_of(h) & (align - 1))) continue;
        *link = h->next_free;
        shadow_forget(block_of(h), size);
        return h;
    }
    return NULL;
}

static struct header *cut(size_t size, size_t align) {
    int me = run.me;
    if (size > HEAP_BYTES || align > HEAP_BYTES) return NULL;
    uintptr_t block = (top[me] + sizeof(struct header) + align - 1) & ~(uintptr_t)(align - 1);
    uintptr_t end = (block + size + 16 + 15) & ~(uintptr_t)15;
    if (end > heap_low(me) + HEAP_BYTES) return NULL;
    struct header *h = header_of((void *)block);
    h->room = (uint32_t)(end - block);
    h->before = last[me];
    last[me] = h;
    top[me] = end;
    mark_used(me);
    return h;
}

void *heap_allocate(size_t size, size_t align, bool zero, uint64_t pc) {
    if (!run_inside()) fault_internal("not modelled: malloc before main (a constructor)");
    if (align < 16) align = 16;
    struct header *h = options.lifo_heap ? take_spare(size, align) : NULL;
    if (!h) h = cut(size, align);
    if (!h) return NULL;
    h->magic = MAGIC;
    h->size = size;
    h->alloc_pc = (uint32_t)pc;
    h->tid = (uint8_t)run.me;
    h->freed = 0;
    return memset(block_of(h), zero ? 0 : 0xA5, size);
}

static struct header *must_be_block(const void *block, uint64_t pc) {
    int owner = slot_owner((uintptr_t)block);
    struct header *h = header_of(block);
    if (owner < 0 || (uintptr_t)h < heap_low(owner) + NOTES_AWAY || (uintptr_t)block > top[owner] ||
        (uintptr_t)block % 16 || h->magic != MAGIC) {
        fault.address = (uintptr_t)block;
        fault_raise(FAULT_INVALID_FREE, pc, "%p is not the start of a block of the heap", block);
    }
    return h;
}

void heap_free(void *block, uint64_t pc) {
    struct header *h = must_be_block(block, pc);
    if (recording) trace_free(block, h->size, pc);
    if (h->freed) {
        fault.address = (uintptr_t)block;
        fault_raise(FAULT_DOUBLE_FREE, pc, "the block has been freed before");
    }
    shadow_touch(block, h->size ? h->size : 1, TOUCH_WRITE | TOUCH_FREE, pc);
    h->freed = 1;
    h->next_free = spare[run.me];
    spare[run.me] = h;
    mark_used(run.me);
}

size_t heap_size(const void *block, uint64_t pc) {
    struct header *h = must_be_block(block, pc);
    if (h->freed) fault_raise(FAULT_USE_AFTER_FREE, pc, "the block has been freed");
    return h->size;
}

void heap_check(uintptr_t address, size_t size, bool write, uint64_t pc) {
    int owner = slot_owner(address);
    if (address < top[owner]) return;
    fault.address = address;
    fault_raise(FAULT_CRASH, pc, "%s of %zu bytes of the heap that no block has",
                write ? "write" : "read", size);
}

/* Still the filling, and no write that the explorer was told of. (libc's own writes are not told of,
 * hence both.) */
void heap_check_read(const void *address, size_t size, uint64_t pc) {
    static const uint64_t filling = 0xA5A5A5A5A5A5A5A5u;
    uintptr_t within = (uintptr_t)address & 7;
    if (within + size > 8 || memcmp(address, &filling, size) != 0) return;
    if (shadow_written(address, size)) return;
    fault.address = (uintptr_t)address;
    fault_raise(FAULT_UNINITIALISED, pc, "read of %zu bytes that malloc() has left uninitialised",
                size);
}

bool heap_leak(size_t *size, int *tid, uint64_t *pc, unsigned *blocks) {
    *blocks = 0;
    for (int t = 0; t < used; t++)
        for (struct header *h = last[t]; h; h = h->before) {
            if (h->freed) continue;
            *size = h->size;
            *tid = h->tid;
            *pc = h->alloc_pc;
            ++*blocks;
        }
    return *blocks != 0;
}
