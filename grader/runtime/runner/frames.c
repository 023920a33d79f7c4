/* frames.c - a thread's stack as return addresses. */
#include "frames.h"

#include <stdbool.h>
#include <stddef.h>
#include <ucontext.h>

#include "channel.h"

/* A frame lies further out than the one before, within the thread's stack, and is aligned. */
static bool plausible(const uintptr_t *frame, const uintptr_t *inner, const uintptr_t *outermost) {
    return frame > inner && frame < outermost && (uintptr_t)frame % sizeof *frame == 0;
}

static void walk_on(void *frames[FRAMES], size_t known, const uintptr_t *frame,
                    const uintptr_t *outermost) {
    while (known < FRAMES) {
        const uintptr_t *outer = (const uintptr_t *)frame[0];
        if (!plausible(outer, frame, outermost)) break; /* its caller is the runner */
        if (place_is_ours((void *)frame[1])) frames[known++] = (void *)frame[1];
        frame = outer;
    }
    if (known < FRAMES) frames[known] = NULL;
}

void frames_walk(void *frames[FRAMES], const uintptr_t *frame, const uintptr_t *outermost) {
    frames[0] = place_is_ours((void *)frame[1]) ? (void *)frame[1] : NULL;
    frames[1] = NULL;
    if (!outermost || !frames[0]) return;
    const uintptr_t *outer = (const uintptr_t *)frame[0];
    if (plausible(outer, frame, outermost)) walk_on(frames, 1, outer, outermost);
}

struct registers {
    uintptr_t program_counter, stack, frame;
};

static struct registers registers_of(const void *context) {
    const mcontext_t *machine = &((const ucontext_t *)context)->uc_mcontext;
#if defined(__x86_64__)
    return (struct registers){(uintptr_t)machine->gregs[REG_RIP],
                              (uintptr_t)machine->gregs[REG_RSP],
                              (uintptr_t)machine->gregs[REG_RBP]};
#elif defined(__aarch64__)
    return (struct registers){machine->pc, machine->sp, machine->regs[29]};
#else
#error "frames.c knows the registers of x86-64 and AArch64 only"
#endif
}

uintptr_t frames_stack_pointer(const void *context) { return registers_of(context).stack; }

/* A library's function need not keep a frame: its return address into the program is the first such
 * word above the stack pointer. */
#define SEARCHED_WORDS 256

static void *caller_in_program(struct registers at, const uintptr_t *outermost) {
    const uintptr_t *word = (const uintptr_t *)(at.stack & ~(sizeof(uintptr_t) - 1));
    for (size_t seen = 0; seen < SEARCHED_WORDS && word < outermost; seen++, word++)
        if (place_is_ours((void *)*word)) return (void *)*word;
    return NULL;
}

void frames_of_context(void *frames[FRAMES], const void *context, const uintptr_t *outermost) {
    struct registers at = registers_of(context);
    void *here = (void *)(at.program_counter + 1);
    size_t known = 0;
    if (place_is_ours(here))
        frames[known++] = here;
    else if (outermost && (here = caller_in_program(at, outermost)))
        frames[known++] = here;
    if (known < FRAMES) frames[known] = NULL;
    const uintptr_t *frame = (const uintptr_t *)at.frame;
    if (known && outermost && plausible(frame, (const uintptr_t *)at.stack - 1, outermost))
        walk_on(frames, known, frame, outermost);
}
