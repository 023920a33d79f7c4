/* cthreads.c - the C11 names for threads, mutexes, condition variables, and thread-specific data.
 *
 * Source: C17 7.26. As in glibc, a thrd_t is a pthread_t, an mtx_t lies on a pthread_mutex_t, a
 * cnd_t on a pthread_cond_t, a tss_t is a key; deadlines are on TIME_UTC.
 */
#include <errno.h>
#include <threads.h>

#include "fault.h"
#include "sync.h"
#include "threads.h"
