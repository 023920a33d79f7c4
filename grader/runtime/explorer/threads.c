/* threads.c - pthread create, join, detach, exit, self.
 *
 * Source: POSIX.1-2017, pthread_create(), pthread_join(), pthread_detach(), pthread_exit(). A
 * pthread_t holds the thread's number in this execution, plus one.
 */
#include "threads.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "fault.h"
#include "location.h"
#include "ops.h"
#include "run.h"

#define API __attribute__((visibility("default")))
#define PC  ((uint64_t)__builtin_return_address(0))

int thread_create(void *(*body)(void *), void *argument, uint64_t pc) {
    int tid = op_create(pc);
    run_start_thread(tid, body, argument, pc);
    return tid;
}

/* The END event of the thread that is waited for, once it has been performed. */
static int ended(void) {
    int tid = (int)run.threads[run.me].wait_arg;
    int last = run.threads[tid].last;
    return run.threads[tid].state == THREAD_DONE ? last : NONE;
}

void *thread_join(int tid, uint64_t pc) {
    struct thread *t = &run.threads[tid];
    if (t->joined || t->detached)
        fault_raise(FAULT_MISUSE, pc, "thread %d is joined, but it has been %s", tid,
                    t->joined ? "joined before" : "detached");
    if (tid == run.me) fault_raise(FAULT_DEADLOCK, pc, "thread %d waits for its own end", tid);
    t->joined = true;
    op_join(ended, (uintptr_t)tid, LABEL_JOIN, pc);
    return t->result;
}

void thread_detach(int tid, uint64_t pc) {
    struct thread *t = &run.threads[tid];
    if (t->joined || t->detached)
        fault_raise(FAULT_MISUSE, pc, "thread %d is detached, but it has been %s", tid,
                    t->joined ? "joined" : "detached before");
    t->detached = true;
}

_Noreturn void thread_exit(void *result) {
    if (keys_thread_end) keys_thread_end();
    run_finish_thread(result);
}

/* Handlers that atexit() was given in this run, called by the thread that ends the program. */
enum { MAX_HANDLERS = 32 };
static void (*handlers[MAX_HANDLERS])(void);
static int n_handlers;
static uint32_t handlers_run;

API int __wrap_atexit(void (*handler)(void));
int __wrap_atexit(void (*handler)(void)) {
    if (handlers_run != location_run) n_handlers = 0;
    handlers_run = location_run;
    if (n_handlers == MAX_HANDLERS) return -1;
    handlers[n_handlers++] = handler;
    return 0;
}

static void call_handlers(void) {
    while (handlers_run == location_run && n_handlers > 0) handlers[--n_handlers]();
}

_Noreturn void program_end(void) {
    call_handlers();
    program_leave();
}

_Noreturn void program_leave(void) {
    run.exited = true;
    for (int t = 0; t < run.n_threads; t++)
        if (t != run.me && !run.threads[t].joined) run.exited_early = true;
    run_finish_thread(NULL);
}

static int number_of(pthread_t thread, uint64_t pc) {
    int tid = (int)thread - 1;
    if (tid < 0 || tid >= run.n_threads || run.threads[tid].state == THREAD_NONE)
        fault_raise(FAULT_MISUSE, pc, "no thread has this pthread_t");
    return tid;
}

API int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                              void *(*body)(void *), void *argument);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*body)(void *), void *argument) {
    int detached = PTHREAD_CREATE_JOINABLE;
    int tid = thread_create(body, argument, PC);
    *thread = (pthread_t)tid + 1;
    if (attributes) pthread_attr_getdetachstate(attributes, &detached);
    run.threads[tid].detached = detached == PTHREAD_CREATE_DETACHED;
    return 0;
}

API int __wrap_pthread_join(pthread_t thread, void **result);
int __wrap_pthread_join(pthread_t thread, void **result) {
    void *value = thread_join(number_of(thread, PC), PC);
    if (result) *result = value;
    return 0;
}

API int __wrap_pthread_detach(pthread_t thread);
int __wrap_pthread_detach(pthread_t thread) {
    thread_detach(number_of(thread, PC), PC);
    return 0;
}

API _Noreturn void __wrap_pthread_exit(void *result);
_Noreturn void __wrap_pthread_exit(void *result) { thread_exit(result); }

API pthread_t __wrap_pthread_self(void);
pthread_t __wrap_pthread_self(void) { return (pthread_t)run.me + 1; }

API int __wrap_pthread_equal(pthread_t a, pthread_t b);
int __wrap_pthread_equal(pthread_t a, pthread_t b) { return a == b; }

API _Noreturn void __wrap_exit(int status);
_Noreturn void __wrap_exit(int status) { (void)status, program_end(); }
API _Noreturn void __wrap__exit(int status);
_Noreturn void __wrap__exit(int status) { (void)status, program_leave(); }
API _Noreturn void __wrap__Exit(int status);
_Noreturn void __wrap__Exit(int status) { (void)status, program_leave(); }
API _Noreturn void __wrap_quick_exit(int status);
_Noreturn void __wrap_quick_exit(int status) { (void)status, program_leave(); }
