/* fault.c - what is wrong with the program, and the end of the run that shows it. */
#include "fault.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "run.h"

struct fault fault;

const char *fault_name(enum fault_kind kind) {
    static const char *const names[] = {
        [FAULT_NONE] = "none",
        [FAULT_ASSERTION] = "assertion",
        [FAULT_PANIC] = "panic",
        [FAULT_RACE] = "data race",
        [FAULT_USE_AFTER_FREE] = "use after free",
        [FAULT_DOUBLE_FREE] = "double free",
        [FAULT_INVALID_FREE] = "invalid free",
        [FAULT_LEAK] = "leak",
        [FAULT_UNINITIALISED] = "uninitialised read",
        [FAULT_DEADLOCK] = "deadlock",
        [FAULT_LOST_WAKEUP] = "lost wakeup",
        [FAULT_LIVELOCK] = "livelock",
        [FAULT_MISUSE] = "misuse",
        [FAULT_NOT_LINEARIZABLE] = "not linearizable",
        [FAULT_PROGRESS] = "progress",
        [FAULT_CRASH] = "crash",
        [FAULT_STACK_OVERFLOW] = "stack overflow",
        [FAULT_TRESPASS] = "trespass",
        [FAULT_ENDLESS] = "endless loop",
        [FAULT_NOT_MODELLED] = "not modelled",
        [FAULT_INTERNAL] = "internal",
    };
    return names[kind];
}

static void note(enum fault_kind kind, int tid, uint64_t pc, const char *format, va_list rest) {
    fault.kind = kind;
    fault.tid = tid;
    fault.pc = pc;
    if (tid >= 0) fault.stack = trace_stack(tid, pc);
    if (kind != FAULT_RACE && kind != FAULT_USE_AFTER_FREE && kind != FAULT_DOUBLE_FREE)
        fault.other_pc = 0;
    vsnprintf(fault.text, sizeof fault.text, format, rest);
}

void fault_note(enum fault_kind kind, int tid, uint64_t pc, const char *format, ...) {
    va_list rest;
    va_start(rest, format);
    note(kind, tid, pc, format, rest);
    va_end(rest);
}

__attribute__((visibility("default"), noinline)) void explorer_fault_here(void) {
    __asm__ volatile("" ::: "memory");
}

_Noreturn static void end_run(void) {
    explorer_fault_here();
    run_end(RUN_FAULT);
}

_Noreturn void fault_raise(enum fault_kind kind, uint64_t pc, const char *format, ...) {
    va_list rest;
    va_start(rest, format);
    note(kind, run.me, pc, format, rest);
    va_end(rest);
    end_run();
}

_Noreturn void fault_raise_pair(enum fault_kind kind, uint64_t pc, int other_tid, uint64_t other_pc,
                                const char *format, ...) {
    va_list rest;
    va_start(rest, format);
    note(kind, run.me, pc, format, rest);
    va_end(rest);
    fault.other_tid = other_tid;
    fault.other_pc = other_pc;
    end_run();
}

_Noreturn void fault_not_modelled(const char *what, uint64_t pc) {
    fault_raise(FAULT_NOT_MODELLED, pc, "not modelled: %s", what);
}

_Noreturn void fault_internal(const char *what) {
    fprintf(stderr, "explorer: %s\n", what);
    _exit(4);
}
