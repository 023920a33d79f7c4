/* contexts.c - getcontext and its kin, for units that may call them: where a context goes on is what
 * was saved in it, or a function that could be called through a pointer.
 *
 * A ucontext_t is the unit's own memory, and what is written into it would be jumped to. So its place
 * in the code, its stack and its frame are sealed here when it is saved or made, and compared before
 * it is resumed. A coroutine's function is called from here and comes back here: the C library would
 * look on the coroutine's own stack for the context that follows (uc_link).
 *
 * The wrappers that save leave by a jump, so that what is saved is their caller's.
 */
#include <stdarg.h>
#include <ucontext.h>

#include "fence.h"
#include "jump.h"

#define PLACES  (1u << 14)
#define NUMBERS 6 /* arguments of a coroutine: as many as registers */

#if !defined(__x86_64__)
#error "contexts.c knows the registers of x86-64 only"
#endif

typedef void entry_fn(greg_t, greg_t, greg_t, greg_t, greg_t, greg_t);

struct seal {
    const ucontext_t *context; /* NULL: free */
    greg_t code, stack, frame;
    entry_fn *entry; /* of a coroutine that was made here */
    greg_t numbers[NUMBERS];
    const ucontext_t *link;
};

static struct seal seals[PLACES];

int __real_getcontext(ucontext_t *context);
int __real_setcontext(const ucontext_t *context);
int __real_swapcontext(ucontext_t *save, const ucontext_t *next);
void __real_makecontext(ucontext_t *context, void (*entry)(void), int count, ...);
int __wrap_getcontext(ucontext_t *context);
int __wrap_setcontext(const ucontext_t *context);
int __wrap_swapcontext(ucontext_t *save, const ucontext_t *next);
void __wrap_makecontext(ucontext_t *context, void (*entry)(void), int count, ...);

/* The context's seal, or the place for one; where all are taken, the oldest at its home goes. */
static struct seal *seal_of(const ucontext_t *context) {
    uint32_t home = (uint32_t)((uintptr_t)context / 16 % PLACES);
    for (uint32_t tried = 0; tried < PLACES; tried++) {
        struct seal *seal = &seals[(home + tried) % PLACES];
        if (!seal->context || seal->context == context) return seal;
    }
    return &seals[home];
}

static void save_callers(const ucontext_t *context, void *const *frame) {
    *seal_of(context) = (struct seal){.context = context,
                                      .code = (greg_t)frame[1],
                                      .stack = (greg_t)(frame + 2),
                                      .frame = (greg_t)frame[0]};
}

static void must_be_sealed(const ucontext_t *context, void *const *frame) {
    const struct seal *seal = seal_of(context);
    const greg_t *registers = context->uc_mcontext.gregs;
    if (seal->context != context || registers[REG_RIP] != seal->code ||
        registers[REG_RSP] != seal->stack || registers[REG_RBP] != seal->frame)
        fence_fault(frame, "resumes a context that was not saved so", FENCE_RETURNS);
}

JUMP int __wrap_getcontext(ucontext_t *context) {
    fence_touch(context, sizeof *context, true);
    save_callers(context, __builtin_frame_address(0));
    return __real_getcontext(context);
}

int __wrap_setcontext(const ucontext_t *context) {
    must_be_sealed(context, __builtin_frame_address(0));
    return __real_setcontext(context);
}

JUMP int __wrap_swapcontext(ucontext_t *save, const ucontext_t *next) {
    fence_touch(save, sizeof *save, true);
    must_be_sealed(next, __builtin_frame_address(0));
    save_callers(save, __builtin_frame_address(0));
    return __real_swapcontext(save, next);
}

/* A coroutine's first and last frame. */
static void run_coroutine(int place) {
    const struct seal made = seals[place];
    const greg_t *n = made.numbers;
    made.entry(n[0], n[1], n[2], n[3], n[4], n[5]);
    if (made.link) must_be_sealed(made.link, __builtin_frame_address(0));
    __real_setcontext(made.link); /* NULL: the thread's end */
    __builtin_trap();
}

void __wrap_makecontext(ucontext_t *context, void (*entry)(void), int count, ...) {
    struct seal seal = {.context = context, .entry = (entry_fn *)entry, .link = context->uc_link};
    va_list numbers;
    fence_touch(context, sizeof *context, true);
    fence_touch(context->uc_stack.ss_sp, context->uc_stack.ss_size, true);
    if (!fence_may_call((const void *)entry))
        fence_fault(__builtin_frame_address(0), "starts what it was not given", FENCE_CALLS);
    va_start(numbers, count);
    for (int at = 0; at < count && at < NUMBERS; at++) seal.numbers[at] = va_arg(numbers, greg_t);
    va_end(numbers);
    struct seal *place = seal_of(context);
    __real_makecontext(context, (void (*)(void))run_coroutine, 1, (int)(place - seals));
    seal.code = context->uc_mcontext.gregs[REG_RIP];
    seal.stack = context->uc_mcontext.gregs[REG_RSP];
    seal.frame = context->uc_mcontext.gregs[REG_RBP];
    *place = seal;
}
