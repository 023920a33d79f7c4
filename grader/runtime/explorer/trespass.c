/* trespass.c - what a submission may touch, call and return to while it is explored. */
#include "trespass.h"

#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <stdbool.h>
#include <sys/mman.h>

#include "../fence/constants.h"
#include "fault.h"
#include "memory.h"
#include "run.h"

#define API __attribute__((visibility("default")))

enum { PAGE = 4096, SMALLEST_FRAME = 32, DEPTH = STACK_BYTES / SMALLEST_FRAME };

uintptr_t trespass_first, trespass_bytes;
static struct borders borders;
static struct constants constants;

/* --- what there is ----------------------------------------------------------------------------- */

static int look_at_program(struct dl_phdr_info *info, size_t size, void *unused) {
    (void)size, (void)unused;
    constants = constants_of(info);
    return 1; /* the program comes first */
}

API void explorer_fence(const struct borders *given);
void explorer_fence(const struct borders *given) {
    borders = *given;
    trespass_first = (uintptr_t)given->text_first;
    trespass_bytes = (uintptr_t)given->text_fenced - trespass_first;
    dl_iterate_phdr(look_at_program, NULL);
}

/* --- memory ------------------------------------------------------------------------------------ */

static bool between(uintptr_t address, size_t size, uintptr_t low, uintptr_t high) {
    return address >= low && address + size <= high && address + size >= address;
}

static bool is_mapped(uintptr_t address) {
    unsigned char unused;
    return mincore((void *)(address & ~(uintptr_t)(PAGE - 1)), 1, &unused) == 0;
}

static uintptr_t judges_frames[MAX_THREADS]; /* a stack from here up; 0: not yet known */

static bool may_touch_slot(int owner, uintptr_t address, size_t size) {
    if (between(address, size, heap_low(owner), heap_low(owner) + HEAP_BYTES)) return true;
    if (address < tls_low(owner)) /* stack and guard: an overflow is one by itself */
        return address + size <= judges_frames[owner] || address < stack_low(owner);
    return memory_is_own_tls(owner, address, size);
}

void trespass_look(uintptr_t address, size_t size, uint64_t pc) {
    if (between(address, size, segment_low, segment_high)) return;
    int owner = slot_owner(address);
    if (owner >= 0 && may_touch_slot(owner, address, size)) return;
    if (between(address, size, constants.first, constants.end) ||
        between(address, size, (uintptr_t)borders.relro_first, (uintptr_t)borders.relro_last))
        return;
    if (between(address, size, (uintptr_t)&errno, (uintptr_t)(&errno + 1))) return;
    if (owner < 0 && !is_mapped(address)) return; /* a crash by itself */
    fault.address = address;
    fault_raise(FAULT_TRESPASS, pc,
                "the code touches %zu bytes of memory that is not the program's: a unit's code may "
                "touch its own variables, the heap and its stack",
                size);
}

/* --- returns ------------------------------------------------------------------------------------ */

/* Where the functions that a thread is in return to, and their frames, both in 32 bits: programs are
 * linked below 4 GiB, and a caller above is the explorer. */
struct way {
    uint32_t frame, code;
};

static struct way ways[MAX_THREADS][DEPTH];
static int depth[MAX_THREADS];

static struct way way_of(const uintptr_t *frame) {
    uint32_t above = frame[1] >> 32 ? 0 : (uint32_t)frame[1];
    return (struct way){(uint32_t)(uintptr_t)frame, above};
}

void trespass_start_thread(int tid) {
    depth[tid] = 0;
    judges_frames[tid] = 0;
}

void trespass_enter(const uintptr_t *frame) {
    int me = run.me, at = depth[me]++;
    if (at == 0) judges_frames[me] = (uintptr_t)frame;
    if (at < DEPTH) ways[me][at] = way_of(frame);
}

void trespass_leave(const uintptr_t *frame, uint64_t pc) {
    int me = run.me;
    if (depth[me] > 0) depth[me]--;
    struct way now = way_of(frame), then = ways[me][depth[me]];
    if (depth[me] < DEPTH && (now.frame != then.frame || now.code != then.code))
        fault_raise(
            FAULT_TRESPASS, pc,
            "the code has overwritten the way back to its caller: a unit's function returns "
            "to where it was called from");
}

/* --- calls through a pointer (runtime/fence/thunk.c) ----------------------------------------------- */

API void fence_strayed(const void *target);
void fence_strayed(const void *target) {
    void *const *frame = *(void *const *const *)__builtin_frame_address(0);
    Dl_info object;
    if (!dladdr(target, &object)) return; /* there is no code: a crash by itself */
    fault_raise(
        FAULT_TRESPASS, (uint64_t)frame[1],
        "the code calls what it was not given: a unit's code may call its own functions, and "
        "those that it was given");
}

/* The length of an array on the stack that is not known before: see core/compilers.py. */
API int64_t fence_stack_items(int64_t items);
int64_t fence_stack_items(int64_t items) {
    if (items < 0 || items > STACK_BYTES)
        fault_raise(FAULT_STACK_OVERFLOW, (uint64_t)__builtin_return_address(0),
                    "an array of %lld items does not fit on the stack of thread %d",
                    (long long)items, run.me);
    return items;
}

/* A call copies a struct onto the stack, from here: see there, too. */
API void fence_copied(size_t size, const void *from);
void fence_copied(size_t size, const void *from) {
    trespass_check(from, size, (uint64_t)__builtin_return_address(0));
}
