/* threads.h - the threads of the program under test, below pthread and C11 names. */
#ifndef HBX_THREADS_H
#define HBX_THREADS_H

#include <stdint.h>

/* Make a thread that runs body(argument). Returns its number, 1 or more.
 * Order: everything before happens-before the body's start. */
int thread_create(void *(*body)(void *), void *argument, uint64_t pc);

/* Wait for the thread's end. Returns what it returned.
 * Order: everything in the thread happens-before this return. */
void *thread_join(int tid, uint64_t pc);

/* Nobody will join it. */
void thread_detach(int tid, uint64_t pc);

/* The running thread ends here. */
_Noreturn void thread_exit(void *result);

/* The program ends here. Other threads may have gone on until now: their steps are explored, too. */
_Noreturn void program_end(void);
/* The same without the handlers of atexit(). */
_Noreturn void program_leave(void);

/* Called at the end of each thread, for the destructors of thread-specific data (keys.c). */
void keys_thread_end(void) __attribute__((weak));

#endif
