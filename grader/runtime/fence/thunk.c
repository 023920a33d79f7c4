/* thunk.c - every call and jump of the unit through a pointer comes by here, with the target in r11
 * (clang -mretpoline-external-thunk; the name is the kernel's).
 *
 * A function of the unit that can be reached through a pointer begins with endbr64
 * (-fcf-protection=branch; clang takes care that no constant of the code looks like one). A function
 * outside must be among fence_given: those whose address the unit takes (judges/programs.py). All
 * else is looked at by fence_strayed; if that returns, the jump is made, and ends as a crash.
 *
 * Source: Intel 64 and IA-32 Architectures Software Developer's Manual, volume 1, chapter 17.3
 * (indirect branch tracking), of which this is the coarse check, in software.
 */
#if !defined(__x86_64__)
#error "thunk.c knows x86-64 only"
#endif

__asm__(".text\n"
        ".p2align 4\n"
        ".globl __x86_indirect_thunk_r11\n"
        ".type __x86_indirect_thunk_r11, @function\n"
        "__x86_indirect_thunk_r11:\n"
        "    pushq %rax\n"
        "    leaq fence_text_first(%rip), %rax\n"
        "    cmpq %rax, %r11\n"
        "    jb 1f\n"
        "    leaq fence_text_last(%rip), %rax\n"
        "    cmpq %rax, %r11\n"
        "    jae 1f\n"
        "    cmpl $0xfa1e0ff3, (%r11)\n" /* endbr64 */
        "    je 3f\n"
        "1:  cmpb $0, fence_is_up(%rip)\n"
        "    je 3f\n"
        "    leaq fence_given(%rip), %rax\n"
        "2:  cmpq %r11, (%rax)\n"
        "    je 3f\n"
        "    addq $8, %rax\n"
        "    cmpq $-1, -8(%rax)\n" /* the list's end */
        "    jne 2b\n"
        "    jmp 4f\n"
        "3:  popq %rax\n"
        "    jmp *%r11\n"
        "4:  popq %rax\n"
        "    pushq %rbp\n"
        "    movq %rsp, %rbp\n"
        "    pushq %r11\n"
        "    pushq %rdi\n"
        "    movq %r11, %rdi\n"
        "    andq $-16, %rsp\n"
        "    call fence_strayed\n"
        "    movq -8(%rbp), %r11\n"
        "    movq -16(%rbp), %rdi\n"
        "    leave\n"
        "    jmp *%r11\n"
        ".size __x86_indirect_thunk_r11, . - __x86_indirect_thunk_r11\n");
