/* coroutine.h - the contract of lesson 10, step 6: a coroutine with a stack of its own.
 *
 *     static uintptr_t counts(struct coroutine *me, void *unused) {
 *         for (uintptr_t i = 1; i <= 3; i++) coroutine_yield(me, i);
 *         return 0;
 *     }
 *
 *     coroutine_init(&counter, stack, sizeof stack, counts, NULL);
 *     while (coroutine_resume(&counter, 0, &value)) printf("%ju\n", (uintmax_t)value);   // 1 2 3
 *
 * It is asymmetric: resume goes down into it, yield comes back up to whoever resumed it. It is
 * stackful: it may yield from any depth of calls, since its whole stack waits. Nothing here is shared
 * between threads: a coroutine is resumed by one thread at a time.
 */
#ifndef HB_COROUTINE_H
#define HB_COROUTINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <ucontext.h>

#include "future.h"

#define COROUTINE_STACK 65536 /* bytes that are always enough for this lesson's coroutines */

struct coroutine {
    ucontext_t own, caller; /* registers and signal mask of whichever does not run */
    void *stack;
    size_t bytes; /* of the stack */
    uintptr_t (*body)(struct coroutine *me, void *env);
    void *env;
    uintptr_t passed; /* what is handed over at a switch, in either direction */
    enum coroutine_stage {
        COROUTINE_FRESH,
        COROUTINE_WAITS,
        COROUTINE_RUNS,
        COROUTINE_ENDED
    } stage;
};

/* Make a coroutine that has not begun.
 *
 * Memory:   the stack is the caller's, and must stay until the coroutine has ended, or is never
 *           resumed again. The struct may not move after its first resume.
 * Errors:   a stack of less than 4096 bytes: panics ("coroutine_init").
 */
void coroutine_init(struct coroutine *coroutine, void *stack, size_t bytes,
                    uintptr_t (*body)(struct coroutine *me, void *env), void *env);

/* Run it until it yields or ends. `sent` is what its coroutine_yield returns; the first resume's is
 * lost.
 *
 * Returns:  true: it yielded *value. False: it ended, and *value is what its body returned.
 * Errors:   one that runs (resumes itself, directly or not), or has ended: panics
 *           ("coroutine_resume").
 */
bool coroutine_resume(struct coroutine *coroutine, uintptr_t sent, uintptr_t *value);

/* Hand a value to whoever resumed us, and wait to be resumed. From any depth of calls in the body.
 *
 * Returns:  what the next resume sends.
 * Errors:   a coroutine that does not run: panics ("coroutine_yield").
 */
uintptr_t coroutine_yield(struct coroutine *me, uintptr_t value);

/* A future whose poll resumes a coroutine: an async function that needs no state machine, because its
 * live variables stay on its own stack. */
struct stackful {
    struct future future;
    struct coroutine coroutine;
    struct output (*run)(struct stackful *me, void *env);
    void *env;
    struct context *context; /* of the poll that runs; NULL: the future is being dropped */
    struct output output;
};

/* Make the future; run(me, env) begins at its first poll and gives its output.
 *
 * Dropped half way, the coroutine is resumed one last time: stackful_await drops the child that it
 * waits for and returns ECANCELED, and so does each later one at once, without polling. The body gives
 * up what it holds and returns. Dropped before the first poll, the body never begins.
 */
void stackful_init(struct stackful *stackful, void *stack, size_t bytes,
                   struct output (*run)(struct stackful *me, void *env), void *env);

/* In the body, at any depth: wait for a child, which belongs to this call and is dropped by it.
 *
 * Returns:  the child's output; ECANCELED: the future is being dropped.
 */
struct output stackful_await(struct stackful *me, struct future *child);

#endif
