/* fence.h - what a submission may touch, call and return to, in the one address space that it shares
 * with its judge.
 *
 * A submission is plain C, and its objects are compiled so that each access to memory calls the
 * judge, each call through a pointer goes by a thunk of ours, and each function says when it begins
 * and ends (core/compilers.py). Here these are looked at. What breaks a rule is the fault "trespass".
 *
 *   memory    its own variables and its tests', thread-local ones too; the heap; stacks, as far as
 *             they are not the judge's frames. Constants may be read. Nothing else.
 *   calls     the beginning of a function of the unit, or a function outside whose address the unit
 *             takes.
 *   returns   to where the call came from.
 *
 * The accesses of the submission and of the units that it builds on are looked at; the tests' own
 * are not. Limits: grader/THREATS.md.
 *
 * Source: Abadi, Budiu, Erlingsson, Ligatti, "Control-Flow Integrity", CCS 2005; Wahbe, Lucco,
 * Anderson, Graham, "Efficient Software-Based Fault Isolation", SOSP 1993.
 */
#ifndef HB_FENCE_H
#define HB_FENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <valgrind/valgrind.h>

/* Borders in the linked program (borders_*.c): the code that is fenced, all code of the unit, and
 * the unit's variables, constants with addresses, and thread-local variables. */
extern const char fence_text_first[], fence_text_fenced[], fence_text_last[];
extern char fence_data_first[], fence_data_last[], fence_bss_first[], fence_bss_last[];
extern const char fence_relro_first[], fence_relro_last[];

static inline bool fence_is_fenced(const void *code) {
    return (uintptr_t)code - (uintptr_t)fence_text_first <
           (uintptr_t)fence_text_fenced - (uintptr_t)fence_text_first;
}

static inline bool fence_is_units(const void *code) {
    return (uintptr_t)code - (uintptr_t)fence_text_first <
           (uintptr_t)fence_text_last - (uintptr_t)fence_text_first;
}

/* How often the calling thread has accessed memory since it last came by a place where the turn may
 * pass (turns.h). At LAB_ENDLESS_ACCESSES the test ends with the fault "endless-loop". */
extern _Thread_local uint32_t fence_accesses_in_a_row;

/* Has a count come to its limit? Under Valgrind, which runs small scenarios slowly, to a fifth of it. */
static inline bool fence_is_endless(uint32_t count, uint32_t limit) {
    return count % (limit / 5) == 0 && (count >= limit || RUNNING_ON_VALGRIND);
}

/* memory.c: look at one access. frame: of the function that the compiled code has called. */
void fence_look(const void *address, size_t bytes, bool write, void *const *frame);

/* An access by the code that called the function in which this stands. */
static inline __attribute__((always_inline)) void fence_touch(const volatile void *address,
                                                              size_t bytes, bool write) {
    void *const *frame = __builtin_frame_address(0);
    if (fence_is_fenced(frame[1])) fence_look((const void *)address, bytes, write, frame);
}

/* returns.c: a function of the unit begins, or is about to return. frame: its own. */
void fence_enter(uintptr_t *frame);
void fence_leave(uintptr_t *frame);

/* The calling function was called by one that begins, or is about to return. */
static inline __attribute__((always_inline)) void fence_begins(void) {
    fence_enter(*(uintptr_t **)__builtin_frame_address(0));
}
static inline __attribute__((always_inline)) void fence_ends(void) {
    fence_leave(*(uintptr_t **)__builtin_frame_address(0));
}

/* stacks.c: the judge has called a function of the unit: its frames, from this one on outwards, are
 * no memory of the unit's. */
void fence_note_judges_frames(uintptr_t *frame);

/* The calling thread rests, or (NULL) runs again: while it rests, the judge's frames from this one to
 * the unit's innermost are no memory of the unit's. */
void fence_rest(const uintptr_t *frame);

/* Does a byte of this range belong to a frame of the judge's, or to a thread's innards? */
bool fence_is_judges_stack(uintptr_t first, uintptr_t end);

/* May the unit call what is at this address through a pointer? thunk.c asks the same. */
bool fence_may_call(const void *target);

/* Is there code at this address, whosoever's? */
bool fence_is_code(const void *address);

/* Memory that the judge has mapped for itself. */
void fence_keep_out(const void *first, size_t bytes);

/* report.c: end the test with the fault "trespass": the code that called the function with this
 * frame has done what no unit's code may. deed: without "the code". */
_Noreturn void fence_fault(void *const *frame, const char *deed, const char *rule);

/* report.c: end the test with the fault "endless-loop", likewise. */
_Noreturn void fence_endless(void *const *frame);

#define FENCE_MEMORY  "a unit's code may touch its own variables, the heap and its stack"
#define FENCE_CALLS   "a unit's code may call its own functions, and those that it was given"
#define FENCE_RETURNS "a unit's function returns to where it was called from"

#endif
