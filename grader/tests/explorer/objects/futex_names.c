/* futex_names.c - the workbook's own names for it: futex.h, clock.h, panic.h. */
#include <assert.h>
#include <pthread.h>
#include <stddef.h>

#include "clock.h"
#include "futex.h"
#include "outcome.h"
#include "panic.h"

static futex_word word;

static void *sleeper(void *unused) {
    uint64_t deadline_ns = FUTEX_FOREVER;
#ifdef TIMED
    deadline_ns = clock_now_ns() + 1000000000;
#endif
    while (atomic_load_explicit(&word, memory_order_acquire) == 0) {
        enum futex_wait_result result = futex_wait_until(&word, 0, deadline_ns);
        if (result == FUTEX_TIMED_OUT) {
            assert(clock_now_ns() >= deadline_ns);
            assert(futex_wait_until(&word, 0, deadline_ns) != FUTEX_WOKEN);
            outcome("late");
            return unused;
        }
    }
    outcome("woken");
    return unused;
}

int main(void) {
    pthread_t thread;
#ifdef PANICS
    panic("main", "it must not");
#endif
    assert(futex_wait(&word, 1) == FUTEX_CHANGED);
    assert(futex_wake(&word, UINT32_MAX) == 0);
    pthread_create(&thread, NULL, sleeper, NULL);
    atomic_store_explicit(&word, 1, memory_order_release);
#ifndef NO_WAKE
    assert(futex_wake(&word, 1) <= 1);
#endif
    pthread_join(thread, NULL);
}
