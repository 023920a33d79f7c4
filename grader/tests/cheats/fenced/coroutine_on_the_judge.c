/* Runs a coroutine with its stack in the judge's memory.
 * How: trespass | not-modelled
 * Rule: of the judge | getcontext
 */
#include <stdint.h>
#include <ucontext.h>
static ucontext_t context;
static void body(void) {}
static void (*volatile given)(const char *, const char *) = panic;
static void go(void) {
    getcontext(&context);
    context.uc_stack.ss_sp = (void *)(uintptr_t)given;
    context.uc_stack.ss_size = 65536;
    makecontext(&context, body, 0);
    setcontext(&context);
}
#define CHEAT() go()
