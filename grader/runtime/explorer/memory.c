/* memory.c - the program's writable memory, and the slots of its threads. */
#include "memory.h"

#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fault.h"

enum { PAGE = 4096, COPY_WHOLE = 64 * 1024 };

uintptr_t segment_low, segment_high;

static char *saved; /* the segment as it was when the program had been loaded */
static bool watched;
static uint32_t *dirty; /* numbers of the pages that have ever been written, if watched */
static uint32_t n_dirty;

static uintptr_t tls_image, tls_image_bytes, tls_bytes, tls_align;

static uintptr_t page_up(uintptr_t a) { return (a + PAGE - 1) & ~(uintptr_t)(PAGE - 1); }

/* The main program comes first: its writable segment without what the loader has made read-only. */
static int look_at_program(struct dl_phdr_info *info, size_t size, void *unused) {
    (void)size, (void)unused;
    uintptr_t relro_end = 0;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *p = &info->dlpi_phdr[i];
        uintptr_t low = info->dlpi_addr + p->p_vaddr;
        if (p->p_type == PT_LOAD && (p->p_flags & PF_W)) {
            segment_low = low;
            segment_high = low + p->p_memsz;
        } else if (p->p_type == PT_GNU_RELRO) {
            relro_end = page_up(low + p->p_memsz);
        } else if (p->p_type == PT_TLS) {
            tls_image = low;
            tls_image_bytes = p->p_filesz;
            tls_bytes = p->p_memsz;
            tls_align = p->p_align ? p->p_align : 1;
        }
    }
    if (relro_end > segment_low) segment_low = relro_end;
    if (segment_high < segment_low) segment_high = segment_low;
    return 1;
}

static void map_slots(void) {
    void *all = mmap((void *)SLOTS_BASE, 2 * SLOTS_BYTES, PROT_NONE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
    if (all != (void *)SLOTS_BASE) fault_internal("no address space for the program's threads");
    for (int t = 0; t < MAX_THREADS; t++)
        if (mprotect((void *)heap_low(t), HEAP_BYTES, PROT_READ | PROT_WRITE) != 0 ||
            mprotect((void *)stack_low(t), STACK_BYTES + TLS_BYTES, PROT_READ | PROT_WRITE) != 0 ||
            mprotect((void *)(heap_low(t) + NOTES_AWAY), HEAP_BYTES, PROT_READ | PROT_WRITE) != 0)
            fault_internal("no memory for the program's threads");
}

static void keep_segment(void) {
    size_t bytes = segment_high - segment_low;
    saved = malloc(bytes + 1);
    if (!saved) fault_internal("no memory to keep the program's variables");
    memcpy(saved, (void *)segment_low, bytes);
    if (bytes <= COPY_WHOLE) return;
    watched = true;
    dirty = malloc((bytes / PAGE + 2) * sizeof *dirty);
    uintptr_t low = segment_low & ~(uintptr_t)(PAGE - 1);
    if (!dirty || mprotect((void *)low, page_up(segment_high) - low, PROT_READ) != 0)
        fault_internal("the program's variables cannot be watched");
}

void memory_begin(void) {
    dl_iterate_phdr(look_at_program, NULL);
    map_slots();
    keep_segment();
}

static void copy_page_back(uint32_t page) {
    uintptr_t low = (segment_low & ~(uintptr_t)(PAGE - 1)) + (uintptr_t)page * PAGE;
    uintptr_t high = low + PAGE < segment_high ? low + PAGE : segment_high;
    if (low < segment_low) low = segment_low;
    memcpy((void *)low, saved + (low - segment_low), high - low);
}

void memory_reset(void) {
    if (!watched)
        memcpy((void *)segment_low, saved, segment_high - segment_low);
    else
        for (uint32_t i = 0; i < n_dirty; i++) copy_page_back(dirty[i]);
}

bool memory_first_write(uintptr_t address) {
    if (!watched || address < segment_low || address >= segment_high) return false;
    uintptr_t low = segment_low & ~(uintptr_t)(PAGE - 1);
    uint32_t page = (uint32_t)((address - low) / PAGE);
    for (uint32_t i = 0; i < n_dirty; i++)
        if (dirty[i] == page) return false;
    dirty[n_dirty++] = page;
    return mprotect((void *)(low + (uintptr_t)page * PAGE), PAGE, PROT_READ | PROT_WRITE) == 0;
}

/* The thread control block and libc's own thread-local variables are copied from the kernel thread
 * that runs all fibers: only the program's variables, the block next below the thread pointer, are
 * made new (Drepper, "ELF Handling For Thread-Local Storage", 2013, variant II). */
enum { TLS_BELOW = 16 * 1024, CONTROL_BLOCK = 2304 };
static uintptr_t real_thread, real_low, real_high;

/* How much of the memory around the real thread pointer can be read. */
static void find_real_thread(void) {
    real_thread = (uintptr_t)__builtin_thread_pointer();
    FILE *maps = fopen("/proc/self/maps", "r");
    char line[512];
    while (maps && fgets(line, sizeof line, maps)) {
        uintptr_t low, high;
        if (sscanf(line, "%lx-%lx", &low, &high) != 2) continue;
        if (real_thread >= low && real_thread < high) real_low = low, real_high = high;
    }
    if (maps) fclose(maps);
    if (!real_low) fault_internal("/proc/self/maps does not tell where thread-local memory is");
    if (real_thread - real_low > TLS_BELOW) real_low = real_thread - TLS_BELOW;
    if (real_high - real_thread > CONTROL_BLOCK) real_high = real_thread + CONTROL_BLOCK;
}

static uintptr_t thread_pointer(int tid) { return tls_low(tid) + TLS_BELOW + PAGE; }

static uintptr_t own_block(int tid) {
    return thread_pointer(tid) - ((tls_bytes + tls_align - 1) & ~(tls_align - 1));
}

bool memory_is_own_tls(int tid, uintptr_t address, size_t size) {
    return address >= own_block(tid) && address + size <= thread_pointer(tid);
}

uintptr_t memory_fresh_tls(int tid) {
    if (tls_bytes == 0) return 0;
    if (!real_thread) find_real_thread();
    uintptr_t self = thread_pointer(tid), block = own_block(tid);
    memcpy((void *)(self - (real_thread - real_low)), (void *)real_low, real_high - real_low);
    memset((void *)block, 0, self - block);
    memcpy((void *)block, (void *)tls_image, tls_image_bytes);
    ((uintptr_t *)self)[0] = self; /* tcb */
    ((uintptr_t *)self)[2] = self; /* self */
    return self;
}
