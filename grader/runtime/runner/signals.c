/* signals.c - signal handlers set by the bare system call.
 *
 * Source: rt_sigaction(2); arch/x86/include/uapi/asm/signal.h for the kernel's own structure; the
 * restorer is what sigreturn(2) asks of user space on x86-64 (AArch64 has it in the vDSO).
 */
#include "signals.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

struct kernel_sigaction {
    void (*handler)(int, siginfo_t *, void *);
    unsigned long flags;
    void (*restorer)(void);
    uint64_t mask; /* while the handler runs */
};

#define EVERY_SIGNAL UINT64_MAX

#if defined(__x86_64__)
#define NEEDS_RESTORER 0x04000000ul /* SA_RESTORER */
_Static_assert(SYS_rt_sigreturn == 15, "the number stands in the assembly below");
__asm__(".text\n.type runner_sigreturn, @function\n"
        "runner_sigreturn:\n\tmovl $15, %eax\n\tsyscall\n"
        ".size runner_sigreturn, . - runner_sigreturn\n");
void runner_sigreturn(void) __attribute__((visibility("hidden")));
#define RESTORER runner_sigreturn
#else
#define NEEDS_RESTORER 0ul
#define RESTORER       NULL
#endif

void signals_handle(int number, signal_handler *handler) {
    struct kernel_sigaction action = {.handler = handler,
                                      .flags =
                                          SA_SIGINFO | SA_ONSTACK | SA_RESTART | NEEDS_RESTORER,
                                      .restorer = RESTORER,
                                      .mask = EVERY_SIGNAL};
    if (!handler) action = (struct kernel_sigaction){.restorer = RESTORER};
    syscall(SYS_rt_sigaction, number, &action, NULL, sizeof action.mask);
}

void signals_use_stack(void *stack, unsigned long bytes) {
    stack_t alternate = {.ss_sp = stack, .ss_size = bytes};
    syscall(SYS_sigaltstack, &alternate, NULL);
}

void signals_pause_ms(unsigned duration_ms) {
    struct timespec duration = {.tv_nsec = (long)duration_ms * 1000000};
    syscall(SYS_nanosleep, &duration, NULL);
}
