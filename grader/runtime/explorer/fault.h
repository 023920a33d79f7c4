/* fault.h - what is wrong with the program, and the end of the run that shows it. */
#ifndef HBX_FAULT_H
#define HBX_FAULT_H

#include <stdbool.h>
#include <stdint.h>

#include "trace.h"

enum fault_kind {
    FAULT_NONE,
    FAULT_ASSERTION,
    FAULT_PANIC,
    FAULT_RACE,
    FAULT_USE_AFTER_FREE,
    FAULT_DOUBLE_FREE,
    FAULT_INVALID_FREE,
    FAULT_LEAK,
    FAULT_UNINITIALISED,
    FAULT_DEADLOCK,
    FAULT_LOST_WAKEUP,
    FAULT_LIVELOCK,
    FAULT_MISUSE,
    FAULT_NOT_LINEARIZABLE,
    FAULT_PROGRESS,
    FAULT_CRASH,
    FAULT_STACK_OVERFLOW,
    FAULT_TRESPASS,
    FAULT_ENDLESS,
    FAULT_NOT_MODELLED,
    FAULT_INTERNAL,
};

struct fault {
    enum fault_kind kind;
    int tid;
    uint64_t pc;       /* where; 0: unknown */
    uint64_t other_pc; /* a race's, or a block's, other place; 0: none */
    int other_tid;
    int other_idx;          /* visible events that other_tid had performed there */
    const char *other_what; /* what it did there; NULL: no other place */
    uintptr_t address;      /* of the memory in question; 0: none */
    struct stack stack;     /* where it happened */
    const char *history;    /* not linearizable: the history, printed; else NULL */
    char text[1024];
};

extern struct fault fault; /* the first one found */

/* Names as they stand in the JSON: "assertion", "data race", ... */
const char *fault_name(enum fault_kind kind);

/* End the run with this fault. Does not return to the program. */
_Noreturn void fault_raise(enum fault_kind kind, uint64_t pc, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* As fault_raise, for two places at once. */
_Noreturn void fault_raise_pair(enum fault_kind kind, uint64_t pc, int other_tid, uint64_t other_pc,
                                const char *format, ...) __attribute__((format(printf, 5, 6)));

/* Note a fault between runs. */
void fault_note(enum fault_kind kind, int tid, uint64_t pc, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* A debugger stops here, with the program at the step that fails. */
void explorer_fault_here(void);

/* The program does something that the explorer cannot judge. */
_Noreturn void fault_not_modelled(const char *what, uint64_t pc);

/* The explorer itself is at its end: says so on standard error, and exits with status 4. */
_Noreturn void fault_internal(const char *what);

#endif
