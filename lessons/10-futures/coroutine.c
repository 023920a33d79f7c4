/* coroutine.c - lesson 10, step 6: a coroutine with a stack of its own. You fill it in.
 *
 * What you may use: <ucontext.h>, <errno.h>, and panic.h. makecontext(3) is worth reading first; its
 * example is nearly what you need.
 */
#include "coroutine.h"

#include <errno.h>

#include "panic.h"

/* STEP 6 of 6: a coroutine.
 * Why:   in total you moved the live variables into a struct. Here they stay where they are, and the
 *        whole stack waits. Then ask what that costs.
 * Goal:  resume goes down, yield comes up, values pass both ways; misuse panics. stackful: a future
 *        whose poll resumes a coroutine, and an await that works at any depth of calls. Dropped half
 *        way, the body is told ECANCELED and ends.
 * Keep:  I1 (while it runs, `caller` holds who resumed it; while it waits, `own` holds itself). A
 *        context holds pointers into itself: make it when the struct can no longer move.
 * Check: make check U=10-futures STEP=6
 */
void coroutine_init(struct coroutine *coroutine, void *stack, size_t bytes,
                    uintptr_t (*body)(struct coroutine *me, void *env), void *env) {
    coroutine->stack = stack, coroutine->bytes = bytes;
    coroutine->body = body, coroutine->env = env;
    coroutine->stage = COROUTINE_FRESH;
}

bool coroutine_resume(struct coroutine *coroutine, uintptr_t sent, uintptr_t *value) {
    (void)coroutine, (void)sent;
    *value = 0;
    return false;
}

uintptr_t coroutine_yield(struct coroutine *me, uintptr_t value) {
    (void)me, (void)value;
    return 0;
}

void stackful_init(struct stackful *stackful, void *stack, size_t bytes,
                   struct output (*run)(struct stackful *me, void *env), void *env) {
    *stackful = (struct stackful){.run = run, .env = env};
    coroutine_init(&stackful->coroutine, stack, bytes, NULL, NULL);
}

struct output stackful_await(struct stackful *me, struct future *child) {
    (void)me, (void)child;
    return (struct output){.error = ECANCELED};
}
