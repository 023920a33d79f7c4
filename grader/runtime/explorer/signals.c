/* signals.c - crashes of the program become verdicts.
 *
 * A fault of the processor arrives on a stack of its own, since the program's may be used up. The
 * handler notes the fault and goes back to the search; the signal mask is put right by hand.
 */
#include "signals.h"

#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/time.h>
#include <ucontext.h>

#include "fault.h"
#include "location.h"
#include "memory.h"
#include "run.h"
#include "trace.h"

static char stack[64 * 1024];

static const char *name_of(int number) {
    switch (number) {
    case SIGSEGV: return "access to memory that is not there (SIGSEGV)";
    case SIGBUS: return "misaligned or impossible access to memory (SIGBUS)";
    case SIGFPE: return "division by zero or overflow (SIGFPE)";
    case SIGILL: return "an instruction that does not exist (SIGILL)";
    case SIGTRAP: return "a trap (SIGTRAP)";
    default: return "a fault of the processor";
    }
}

/* Compilers end what cannot be right with ud2: an index beyond a local or a constant array. */
static bool is_compilers_trap(int number, uint64_t pc) {
    return number == SIGILL && !(pc >> 32) && *(const uint16_t *)pc == 0x0b0f;
}

static bool below_stack(uintptr_t address) {
    int owner = slot_owner(address);
    return owner >= 0 && address < stack_low(owner) && address >= stack_low(owner) - GUARD_BYTES;
}

static void unblock(int number) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, number);
    sigprocmask(SIG_UNBLOCK, &set, NULL);
}

static void on_fault(int number, siginfo_t *info, void *context) {
    uintptr_t address = (uintptr_t)info->si_addr;
    if (number == SIGSEGV && memory_first_write(address)) return;
    const ucontext_t *machine = context;
    uint64_t pc = (uint64_t)machine->uc_mcontext.gregs[REG_RIP];
    if (pc >> 32) pc = run.pc - 1; /* in memcpy() and the like, on the program's behalf */
    if (!run_inside()) fault_internal("a crash of the explorer itself");
    unblock(number);
    fault.address = address;
    if (number == SIGSEGV && below_stack(address))
        fault_raise(FAULT_STACK_OVERFLOW, pc + 1, "thread %d has used up its stack of %d KiB",
                    run.me, STACK_BYTES / 1024);
    fault_raise(FAULT_CRASH, pc + 1, "%s",
                is_compilers_trap(number, pc) ? "an array was indexed beyond its end (SIGILL)"
                                              : name_of(number));
}

/* --- code that never comes back: no call, no access that the explorer is told of ----------------- */

enum { TICK_SECONDS = 1, PATIENCE = 5 };

static void on_tick(int number, siginfo_t *info, void *context) {
    static uint64_t seen;
    static int ticks;
    (void)info;
    uint64_t now = run.steps + run.plain + location_run;
    ticks = run_inside() && now == seen ? ticks + 1 : 0;
    seen = now;
    if (ticks < (recording ? 1 : PATIENCE)) return; /* recording: it is known already */
    ticks = 0;
    unblock(number);
    const ucontext_t *machine = context;
    uint64_t pc = (uint64_t)machine->uc_mcontext.gregs[REG_RIP];
    fault_raise(FAULT_ENDLESS, pc >> 32 ? run.pc : pc + 1,
                "thread %d has used %d seconds of processor time without any access to memory that "
                "others could see",
                run.me, PATIENCE * TICK_SECONDS);
}

static void start_ticking(void) {
    struct sigaction action = {.sa_sigaction = on_tick,
                               .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART};
    struct itimerval every = {{TICK_SECONDS, 0}, {TICK_SECONDS, 0}};
    sigemptyset(&action.sa_mask);
    if (sigaction(SIGVTALRM, &action, NULL) != 0 || setitimer(ITIMER_VIRTUAL, &every, NULL) != 0)
        fault_internal("no timer");
}

void signals_begin_child(void) { start_ticking(); }

void signals_begin(void) {
    stack_t alternate = {.ss_sp = stack, .ss_size = sizeof stack};
    struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    sigemptyset(&action.sa_mask);
    if (sigaltstack(&alternate, NULL) != 0) fault_internal("no stack for signals");
    const int numbers[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP};
    for (int i = 0; i < 5; i++)
        if (sigaction(numbers[i], &action, NULL) != 0) fault_internal("no handler for signals");
    start_ticking();
}
