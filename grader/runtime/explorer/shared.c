/* shared.c - what the processes of one exploration share. */
#include "shared.h"

#include <sched.h>
#include <string.h>
#include <sys/mman.h>

#include "fault.h"

struct shared *shared;

void shared_begin(void) {
    void *p = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE,
                   MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p == MAP_FAILED) fault_internal("no memory that processes could share");
    shared = p;
    atomic_store_explicit(&shared->active, 1, memory_order_relaxed); /* nobody else yet */
}

void shared_lock(void) {
    /* [X1] acquire: what the previous holder wrote is seen. */
    while (atomic_exchange_explicit(&shared->lock, 1, memory_order_acquire)) sched_yield();
}

void shared_unlock(void) {
    /* [X1] release: to the next holder's acquire. */
    atomic_store_explicit(&shared->lock, 0, memory_order_release);
}

void shared_bound(const char *by) {
    shared_lock();
    if (shared->bound[0] == 0) strncpy(shared->bound, by, SHARED_BOUND - 1);
    shared_unlock();
}
