/* fiber.c - stacks, and the switch between them: x86-64, System V ABI.
 *
 * The switch keeps what the ABI says a callee keeps: rbx, rbp, r12 to r15 and the stack pointer.
 * Source: System V Application Binary Interface, AMD64 Architecture Processor Supplement, 3.2.1.
 */
#include "fiber.h"

#include <stddef.h>
#include <sys/mman.h>

#include "config.h"
#include "fault.h"

#if !defined(__x86_64__)
#error "fiber.c knows x86-64 only: give it the switch and the first frame of this processor."
#endif

__asm__(".text\n"
        ".p2align 4\n"
        ".globl fiber_switch\n"
        ".hidden fiber_switch\n"
        ".type fiber_switch, @function\n"
        "fiber_switch:\n"
        "    pushq %rbp\n"
        "    pushq %rbx\n"
        "    pushq %r12\n"
        "    pushq %r13\n"
        "    pushq %r14\n"
        "    pushq %r15\n"
        "    movq %rsp, (%rdi)\n"
        "    movq %rsi, %rsp\n"
        "    popq %r15\n"
        "    popq %r14\n"
        "    popq %r13\n"
        "    popq %r12\n"
        "    popq %rbx\n"
        "    popq %rbp\n"
        "    ret\n"
        ".size fiber_switch, .-fiber_switch\n");

enum { GUARD_BYTES = 64 * 1024, SLOT_BYTES = STACK_BYTES + GUARD_BYTES, SAVED_REGISTERS = 6 };

static char *stacks;

static void map_stacks(void) {
    size_t all = (size_t)SLOT_BYTES * MAX_THREADS;
    stacks = mmap(NULL, all, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (stacks == MAP_FAILED) fault_internal("no memory for the stacks of threads");
    for (int n = 0; n < MAX_THREADS; n++)
        if (mprotect((void *)fiber_low(n), STACK_BYTES, PROT_READ | PROT_WRITE) != 0)
            fault_internal("no memory for the stacks of threads");
}

uintptr_t fiber_low(int n) { return (uintptr_t)stacks + (size_t)SLOT_BYTES * n + GUARD_BYTES; }
uintptr_t fiber_high(int n) { return fiber_low(n) + STACK_BYTES; }

void *fiber_prepare(int n, void (*entry)(void)) {
    if (!stacks) map_stacks();
    void **top = (void **)fiber_high(n);
    *--top = NULL; /* where entry would return to: the end of every backtrace */
    *--top = (void *)entry;
    for (int saved = 0; saved < SAVED_REGISTERS; saved++) *--top = NULL;
    return top;
}
