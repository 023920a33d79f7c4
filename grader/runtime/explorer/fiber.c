/* fiber.c - the switch between stacks: x86-64, System V ABI.
 *
 * The switch keeps what the ABI says a callee keeps: rbx, rbp, r12 to r15 and the stack pointer.
 * Source: System V Application Binary Interface, AMD64 Architecture Processor Supplement, 3.2.1.
 */
#include "fiber.h"

#include <asm/prctl.h>
#include <stddef.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <unistd.h>

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

enum { SAVED_REGISTERS = 6 };

void *fiber_prepare(void *high, void (*entry)(void)) {
    void **top = high;
    *--top = NULL; /* where entry would return to: the end of every backtrace */
    *--top = (void *)entry;
    for (int saved = 0; saved < SAVED_REGISTERS; saved++) *--top = NULL;
    return top;
}

/* The kernel says in AT_HWCAP2 whether a program may use wrfsbase (Linux,
 * Documentation/arch/x86/x86_64/fsgs.rst); else it is a system call. */
enum { FSGSBASE = 2 };
static int may_write; /* 0: not yet asked; 1: yes; -1: no */
static uintptr_t own_pointer;

uintptr_t fiber_own_pointer(void) {
    if (!own_pointer) own_pointer = (uintptr_t)__builtin_thread_pointer();
    return own_pointer;
}

void fiber_set_thread_pointer(uintptr_t pointer) {
    if (may_write == 0) {
        fiber_own_pointer();
        may_write = getauxval(AT_HWCAP2) & FSGSBASE ? 1 : -1;
    }
    if (may_write > 0)
        __asm__ volatile("wrfsbase %0" : : "r"(pointer) : "memory");
    else
        syscall(SYS_arch_prctl, ARCH_SET_FS, pointer);
}
