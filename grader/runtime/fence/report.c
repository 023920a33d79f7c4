/* report.c - the faults "trespass" and "endless-loop", and what leads to the first beside an access. */
#include "channel.h"
#include "fence.h"
#include "frames.h"
#include "roster.h"
#include "verdict.h"

#define STACK_ITEMS (INT64_C(1) << 20)

static _Noreturn void tell(void *const *frame, const char *kind, const char *activity,
                           const char *const message[]) {
    struct packet packet;
    void *frames[FRAMES];
    frames_walk(frames, (const void *)frame, roster_outermost());
    fault_begin(&packet, kind, message);
    roster_tell_caller(&packet, activity, frames);
    fault_end(&packet);
}

_Noreturn void fence_fault(void *const *frame, const char *deed, const char *rule) {
    tell(frame, "trespass", "trespassed",
         (const char *const[]){"the code ", deed, ": ", rule, ".", NULL});
}

_Noreturn void fence_endless(void *const *frame) {
    tell(frame, "endless-loop", "goes round here",
         (const char *const[]){"the code accesses memory again and again, without any atomic "
                               "operation, pause or futex call: nobody can end this loop.",
                               NULL});
}

#define ENDBR64 0xfa1e0ff3u

extern const void *const fence_given[]; /* the last is -1 */

bool fence_may_call(const void *target) {
    if (fence_is_units(target)) return *(const uint32_t *)target == ENDBR64;
    const void *const *given = fence_given;
    while (*given != (const void *)-1 && *given != target) given++;
    return *given == target;
}

/* The thunk has found no function at this address. */
void fence_strayed(const void *target);
void fence_strayed(const void *target) {
    void *const *frame = *(void *const *const *)__builtin_frame_address(0);
    if (fence_is_code(target)) fence_fault(frame, "calls what it was not given", FENCE_CALLS);
}

/* The length of an array on the stack that is not known before: see core/compilers.py. */
int64_t fence_stack_items(int64_t items);
int64_t fence_stack_items(int64_t items) {
    if (items < 0 || items > STACK_ITEMS)
        fence_fault(__builtin_frame_address(0), "asks for an array that no stack has room for",
                    FENCE_MEMORY);
    return items;
}

/* A call copies a struct onto the stack, from here: see core/compilers.py. */
void fence_copied(size_t bytes, const void *from);
void fence_copied(size_t bytes, const void *from) { fence_touch(from, bytes, false); }
