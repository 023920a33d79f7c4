/* bench.c - what a poll, a wake and a switch cost.
 *
 * Nanoseconds, each the median of ROUNDS runs; the contenders take turns within a round, so that a
 * slow spell of the machine meets all of them. Beside the coroutine stands the least that a switch can
 * be: six registers and a stack pointer, in assembly (System V ABI, x86-64). Absolute figures drift;
 * compare within one table.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "coroutine.h"
#include "future.h"

enum { ROUNDS = 7, TIMES = 300000, PARTS = 8 };

static uintptr_t sum; /* so that no result is for nothing */

/* --- a waker that does nothing --------------------------------------------------------------------- */

static struct waker idle_clone(void *data);
static void idle(void *data) { (void)data; }
static const struct waker_vtable idle_vtable = {idle_clone, idle, idle, idle};
static struct waker idle_clone(void *data) { return (struct waker){&idle_vtable, data}; }
static const struct waker waker = {&idle_vtable, NULL};
static struct context context = {&waker};

/* --- futures ----------------------------------------------------------------------------------------- */

static struct output adds_one(void *env, struct output output) {
    (void)env;
    output.value++;
    return output;
}

static void finish(struct future *future) {
    struct output output;
    if (future_poll(future, &context, &output) != POLL_READY) abort();
    future_drop(future);
    sum += output.value;
}

static void a_ready(void) {
    struct ready ready;
    ready_init(&ready, (struct output){.value = 1});
    finish(&ready.future);
}

static void a_map(void) {
    struct ready ready;
    struct map map;
    ready_init(&ready, (struct output){.value = 1});
    map_init(&map, &ready.future, adds_one, NULL);
    finish(&map.future);
}

static struct future *parts[PARTS];
static struct ready ready_parts[PARTS], gate;
static void nothing(struct ledger *ledger) { (void)ledger; }
static struct ledger ledger = {nothing, nothing};

static void make_parts(void) {
    ready_init(&gate, (struct output){0});
    for (int i = 0; i < PARTS; i++) {
        ready_init(&ready_parts[i], (struct output){.value = 1});
        parts[i] = &ready_parts[i].future;
    }
}

static void a_total(void) {
    struct total total;
    make_parts();
    total_init(&total, &gate.future, parts, PARTS, &ledger);
    finish(&total.future);
}

static _Alignas(16) char stack[COROUTINE_STACK];

static struct output awaits_all(struct stackful *me, void *env) {
    (void)env;
    struct output output = stackful_await(me, &gate.future);
    uintptr_t got = 0;
    for (int i = 0; i < PARTS && !output.error; i++) {
        output = stackful_await(me, parts[i]);
        got += output.value;
    }
    output.value = got;
    return output;
}

static void a_stackful(void) {
    struct stackful stackful;
    make_parts();
    stackful_init(&stackful, stack, sizeof stack, awaits_all, NULL);
    finish(&stackful.future);
}

/* --- the slot and the cell, by one thread ---------------------------------------------------------- */

static struct waker_slot slot;
static struct oneshot cell;

static void a_wake(void) {
    waker_slot_register(&slot, &waker);
    waker_slot_wake(&slot);
}

static void a_oneshot(void) {
    struct oneshot_receiver receiver;
    struct output output;
    oneshot_init(&cell);
    oneshot_receive(&cell, &receiver);
    if (future_poll(&receiver.future, &context, &output) != POLL_PENDING) abort();
    oneshot_send(&cell, (struct output){.value = 1});
    finish(&receiver.future);
}

/* --- switches ---------------------------------------------------------------------------------------- */

static struct coroutine looper;
static uintptr_t loops(struct coroutine *me, void *env) {
    (void)env;
    for (;;) coroutine_yield(me, 1);
    return 0;
}

static void a_resume(void) {
    uintptr_t value;
    coroutine_resume(&looper, 0, &value);
    sum += value;
}

#ifdef __x86_64__
/* switch_stacks(&mine, other): push what the ABI says survives a call, and exchange the stacks. */
void switch_stacks(void **mine, void *other);
__asm__(".text\n"
        "switch_stacks:\n"
        "    push %rbp\n    push %rbx\n    push %r12\n    push %r13\n    push %r14\n    push %r15\n"
        "    mov %rsp, (%rdi)\n"
        "    mov %rsi, %rsp\n"
        "    pop %r15\n    pop %r14\n    pop %r13\n    pop %r12\n    pop %rbx\n    pop %rbp\n"
        "    ret\n");

static _Alignas(16) char bare_stack[COROUTINE_STACK];
static void *bare, *caller;

static void bare_loop(void) {
    for (;;) switch_stacks(&bare, caller);
}
static void bare_init(void) {
    void **top = (void **)(void *)(bare_stack + sizeof bare_stack) - 2;
    top[0] = (void *)bare_loop; /* where `ret` goes, with the stack as behind a call */
    bare = memset(top - 6, 0, 6 * sizeof *top);
}
static void a_bare_switch(void) { switch_stacks(&caller, bare); }
#else
static void bare_init(void) {}
static void a_bare_switch(void) {}
#endif

/* --- the table --------------------------------------------------------------------------------------- */

static int ascending(const void *left, const void *right) {
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static const struct {
    const char *name;
    void (*once)(void);
} rows[] = {
    {"ready: init, poll, drop", a_ready},      {"map of ready", a_map},
    {"slot: register, wake", a_wake},          {"oneshot: poll, send, poll, drop", a_oneshot},
    {"total of 8 that are ready", a_total},    {"the same, stackful", a_stackful},
    {"coroutine: resume and yield", a_resume}, {"two switches in assembly", a_bare_switch},
};
enum { ROWS = sizeof rows / sizeof rows[0] };

int main(void) {
    static double times[ROWS][ROUNDS];
    waker_slot_init(&slot);
    coroutine_init(&looper, malloc(COROUTINE_STACK), COROUTINE_STACK, loops, NULL);
    bare_init();
    for (int round = 0; round < ROUNDS; round++)
        for (int row = 0; row < ROWS; row++) {
            uint64_t began = clock_now_ns();
            for (int i = 0; i < TIMES; i++) rows[row].once();
            times[row][round] = (double)(clock_now_ns() - began) / TIMES;
        }
    printf("%-34s %8s\n", "one thread", "ns");
    for (int row = 0; row < ROWS; row++) {
        qsort(times[row], ROUNDS, sizeof times[row][0], ascending);
        printf("%-34s %8.1f\n", rows[row].name, times[row][ROUNDS / 2]);
    }
    printf("\n%zu bytes: ready; %zu: total; %zu: stackful, and its stack.\n", sizeof(struct ready),
           sizeof(struct total), sizeof(struct stackful));
    printf("Medians of %d rounds on %ld processors (%ju).\n", ROUNDS, sysconf(_SC_NPROCESSORS_ONLN),
           (uintmax_t)(sum & 1));
    return 0;
}
