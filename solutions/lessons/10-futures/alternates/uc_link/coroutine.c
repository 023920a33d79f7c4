/* coroutine.c - an alternate: the end of a body leads back by uc_link, not by setcontext.
 *
 * I1  While a coroutine runs, `caller` holds the registers of whoever resumed it; while it waits,
 *     `own` holds its own. Each switch saves one and loads the other.
 * I2  The stage is RUNS exactly while the coroutine's stack is the one in use, or lies below it (it
 *     has resumed another).
 *
 * glibc's swapcontext also asks the kernel for the signal mask: a system call a switch. That is the
 * price of staying in C (NOTES.md has it beside a switch in assembly).
 */
#include "coroutine.h"

#include <errno.h>

#include "panic.h"

enum { LEAST_STACK = 4096 };

/* makecontext hands over ints only: the pointer comes in two halves. Where it returns, uc_link goes
 * on: the caller. */
static void begins(unsigned high, unsigned low) {
    struct coroutine *me = (struct coroutine *)((uintptr_t)high << 32 | low);
    me->passed = me->body(me, me->env);
    me->stage = COROUTINE_ENDED;
}

void coroutine_init(struct coroutine *coroutine, void *stack, size_t bytes,
                    uintptr_t (*body)(struct coroutine *me, void *env), void *env) {
    if (bytes < LEAST_STACK) panic("coroutine_init", "a stack has at least 4096 bytes");
    coroutine->stack = stack;
    coroutine->bytes = bytes;
    coroutine->body = body;
    coroutine->env = env;
    coroutine->passed = 0;
    coroutine->stage = COROUTINE_FRESH;
}

/* Only now, at the first resume: the contexts hold pointers into themselves, so from here on the
 * coroutine may not move. */
static void lay_out(struct coroutine *coroutine) {
    getcontext(&coroutine->own);
    coroutine->own.uc_stack.ss_sp = coroutine->stack;
    coroutine->own.uc_stack.ss_size = coroutine->bytes;
    coroutine->own.uc_link = &coroutine->caller; /* read when the body has returned */
    uintptr_t self = (uintptr_t)coroutine;
    makecontext(&coroutine->own, (void (*)(void))begins, 2, (unsigned)(self >> 32), (unsigned)self);
}

bool coroutine_resume(struct coroutine *coroutine, uintptr_t sent, uintptr_t *value) {
    if (coroutine->stage == COROUTINE_ENDED) panic("coroutine_resume", "it has ended");
    if (coroutine->stage == COROUTINE_RUNS) panic("coroutine_resume", "it runs already");
    if (coroutine->stage == COROUTINE_FRESH) lay_out(coroutine);
    coroutine->passed = sent;
    coroutine->stage = COROUTINE_RUNS;
    swapcontext(&coroutine->caller, &coroutine->own); /* I1 */
    *value = coroutine->passed;
    return coroutine->stage != COROUTINE_ENDED;
}

uintptr_t coroutine_yield(struct coroutine *me, uintptr_t value) {
    if (me->stage != COROUTINE_RUNS) panic("coroutine_yield", "only a running coroutine yields");
    me->passed = value;
    me->stage = COROUTINE_WAITS;
    swapcontext(&me->own, &me->caller); /* I1 */
    return me->passed;
}

/* --- a future on a coroutine */
static uintptr_t runs(struct coroutine *coroutine, void *unused) {
    /* Not by env: the whole may have been moved between its init and its first poll. */
    struct stackful *me =
        (struct stackful *)((char *)coroutine - offsetof(struct stackful, coroutine));
    (void)unused;
    me->output = me->run(me, me->env);
    return 0;
}

static bool resume(struct stackful *me, struct context *context) {
    uintptr_t nothing;
    me->context = context;
    return coroutine_resume(&me->coroutine, 0, &nothing);
}

static enum poll stackful_poll(struct future *self, struct context *context,
                               struct output *output) {
    struct stackful *me = (struct stackful *)self;
    if (resume(me, context)) return POLL_PENDING;
    *output = me->output;
    return POLL_READY;
}

/* Fresh: nothing is on the stack yet. Ended: nothing any more. */
static void stackful_drop(struct future *self) {
    struct stackful *me = (struct stackful *)self;
    if (me->coroutine.stage == COROUTINE_WAITS && resume(me, NULL))
        panic("future_drop", "a canceled body does not yield");
}

void stackful_init(struct stackful *stackful, void *stack, size_t bytes,
                   struct output (*run)(struct stackful *me, void *env), void *env) {
    static const struct future_vtable vtable = {stackful_poll, stackful_drop};
    future_init(&stackful->future, &vtable);
    stackful->run = run;
    stackful->env = env;
    stackful->context = NULL;
    stackful->output = (struct output){0};
    coroutine_init(&stackful->coroutine, stack, bytes, runs, NULL);
}

struct output stackful_await(struct stackful *me, struct future *child) {
    struct output output = {.error = ECANCELED};
    for (;;) {
        bool ended = !me->context || future_poll(child, me->context, &output) == POLL_READY;
        if (ended) break;
        coroutine_yield(&me->coroutine, 0);
    }
    future_drop(child);
    return output;
}
