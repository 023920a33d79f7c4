/* watchdog.c - the end of a test that does not end, and a last word from one that crashes. */
#include "watchdog.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "board.h"
#include "fence.h"
#include "frames.h"
#include "roster.h"
#include "sample.h"
#include "signals.h"
#include "verdict.h"

#define NS_PER_S 1000000000u

static const int crashes[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS};

static uint64_t processor_limit_ns(void) {
    const char *text = getenv("HB_TEST_TIMEOUT_S");
    double limit_s = text ? strtod(text, NULL) : 0;
    return (uint64_t)((limit_s > 0 ? limit_s : WATCHDOG_DEFAULT_S) * NS_PER_S);
}

uint64_t watchdog_limit_ns(void) { return WATCHDOG_PATIENCE * processor_limit_ns(); }

/* --- hang ---------------------------------------------------------------------------------------- */

static void on_hang(int number, siginfo_t *info, void *context) {
    struct packet packet;
    void *frames[FRAMES];
    (void)number, (void)info;
    fault_begin(&packet, "hang",
                (const char *const[]){"the test did not end within its time.", NULL});
    frames_of_context(frames, context, roster_outermost());
    roster_tell_interrupted(&packet, frames);
    roster_tell_others(&packet);
    fault_end_timed_out(&packet);
}

static void on_sample(int number, siginfo_t *info, void *context) {
    (void)number, (void)info;
    roster_take_sample(context);
}

/* --- crash --------------------------------------------------------------------------------------- */

/* A fault within a page or two of the stack pointer, which itself is where no frame can be. */
static bool is_overflow(int number, const siginfo_t *info, const void *context) {
    uintptr_t address = (uintptr_t)info->si_addr, stack = frames_stack_pointer(context);
    uintptr_t distance = address > stack ? address - stack : stack - address;
    return number == SIGSEGV && info->si_code > 0 && distance <= 64 * 1024 &&
           (const uintptr_t *)stack < (const uintptr_t *)roster_outermost() &&
           (uintptr_t)roster_outermost() - stack > 64 * 1024;
}

/* Compilers end what cannot be right with ud2: an index beyond a local or a constant array. */
static bool is_compilers_trap(int number, const siginfo_t *info) {
    const uint16_t *code = info->si_addr;
    return number == SIGILL && info->si_code > 0 && fence_is_units(code) && *code == 0x0b0f;
}

static const char *crash_message(int number, const siginfo_t *info, const void *context) {
    if (is_overflow(number, info, context))
        return "the stack overflowed (SIGSEGV): a recursion without end, or a huge local array.";
    if (is_compilers_trap(number, info)) return "an array was indexed beyond its end (SIGILL).";
    switch (number) {
    case SIGSEGV:
        return (uintptr_t)info->si_addr < 4096 && info->si_code > 0
                   ? "a null pointer was followed (SIGSEGV)."
                   : "memory that is not there was touched (SIGSEGV).";
    case SIGBUS: return "memory was touched that cannot be (SIGBUS).";
    case SIGFPE: return "an arithmetic fault, such as a division by zero (SIGFPE).";
    case SIGILL: return "an instruction that does not exist was reached (SIGILL).";
    case SIGABRT: return "the program aborted itself (SIGABRT).";
    case SIGTRAP: return "a trap was reached (SIGTRAP).";
    default: return "a system call was refused (SIGSYS).";
    }
}

/* When the handler returns, a fault repeats itself, and a signal that was sent is sent again: with
 * the default action both end the process as they always do. */
static void on_crash(int number, siginfo_t *info, void *context) {
    struct packet packet;
    void *frames[FRAMES];
    fault_begin(&packet, "crash",
                (const char *const[]){crash_message(number, info, context), NULL});
    frames_of_context(frames, context, roster_outermost());
    roster_tell_caller(&packet, "crashed", frames);
    fault_send(&packet);
    signals_handle(number, NULL);
    if (info->si_code <= 0) syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), number);
}

/* --- arming -------------------------------------------------------------------------------------- */

static void arm(clockid_t clock, int number, uint64_t after_ns) {
    timer_t timer;
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = number};
    struct itimerspec once = {.it_value = {.tv_sec = (time_t)(after_ns / NS_PER_S),
                                           .tv_nsec = (long)(after_ns % NS_PER_S)}};
    if (timer_create(clock, &event, &timer) || timer_settime(timer, 0, &once, NULL))
        _exit(RUNNER_EXIT_NO_CHANNEL);
}

void watchdog_adopt_thread(void *stack) { signals_use_stack(stack, WATCHDOG_STACK_BYTES); }

void watchdog_start(void) {
    signals_handle(SIGNAL_SAMPLE, on_sample);
    signals_handle(SIGNAL_HANG, on_hang);
    for (size_t kind = 0; kind < sizeof crashes / sizeof *crashes; kind++)
        signals_handle(crashes[kind], on_crash);
    arm(CLOCK_PROCESS_CPUTIME_ID, SIGNAL_HANG, processor_limit_ns());
    arm(CLOCK_MONOTONIC, SIGNAL_HANG, watchdog_limit_ns());
    arm(CLOCK_MONOTONIC, SIGKILL, watchdog_limit_ns() + WATCHDOG_GRACE_S * (uint64_t)NS_PER_S);
}
