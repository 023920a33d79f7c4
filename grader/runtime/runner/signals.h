/* signals.h - signal handlers set by the bare system call.
 *
 * ThreadSanitizer intercepts sigaction and holds a signal back until the thread reaches one of its
 * functions; a thread that spins for ever never does. The kernel has no such scruples.
 */
#ifndef HB_SIGNALS_H
#define HB_SIGNALS_H

#include <signal.h>

/* Signals of the runner's own: outside what glibc (32, 33) and Valgrind (64) keep for themselves. */
#define SIGNAL_HANG   40 /* the test's time is up */
#define SIGNAL_SAMPLE 41 /* a thread is asked where it is */

typedef void signal_handler(int number, siginfo_t *info, void *context);

/* Have `handler` called for the signal, on the alternate stack if the thread has one; NULL: the
 * default action again. */
void signals_handle(int number, signal_handler *handler);

/* Give the calling thread an alternate stack. */
void signals_use_stack(void *stack, unsigned long bytes);

/* Sleep for so many milliseconds of real time, unseen by every judge. */
void signals_pause_ms(unsigned duration_ms);

#endif
