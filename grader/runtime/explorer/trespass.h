/* trespass.h - what a submission may touch, call and return to while it is explored.
 *
 * Only for programs that a judge runs: their objects are linked between borders (core/fence.py), and
 * code between the first two is fenced. The rules are those of runtime/fence/fence.h; here the
 * memory of a program is one segment and the slots of its threads, so that little is left to look
 * at.
 */
#ifndef HBX_TRESPASS_H
#define HBX_TRESPASS_H

#include <stddef.h>
#include <stdint.h>

extern uintptr_t trespass_first, trespass_bytes; /* the fenced code */

/* Where the unit's code lies, and its constants that hold addresses: entry.c knows. */
struct borders {
    const char *text_first, *text_fenced, *text_last;
    const char *relro_first, *relro_last;
};

/* Does not return if this access is a fault. */
void trespass_look(uintptr_t address, size_t size, uint64_t pc);

/* Before anything else happens to the memory. What may be read only, the processor guards. */
static inline __attribute__((always_inline)) void trespass_check(const volatile void *p,
                                                                 size_t size, uint64_t pc) {
    if (pc - trespass_first < trespass_bytes) trespass_look((uintptr_t)p, size, pc);
}

/* The running thread begins or leaves a function with this frame. */
void trespass_enter(const uintptr_t *frame);
void trespass_leave(const uintptr_t *frame, uint64_t pc);

/* A thread starts: it is in no function. */
void trespass_start_thread(int tid);

#endif
