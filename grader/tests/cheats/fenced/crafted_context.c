/* Resumes a context into which it has written where to go on.
 * How: trespass | not-modelled
 * Rule: resumes a context that was not saved so | getcontext
 */
#define _GNU_SOURCE
#include <ucontext.h>
static ucontext_t context;
static void go(void) {
    getcontext(&context);
    context.uc_mcontext.gregs[REG_RIP] = (greg_t)panic;
    setcontext(&context);
}
#define CHEAT() go()
