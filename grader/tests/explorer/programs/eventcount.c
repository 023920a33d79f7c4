/* eventcount.c - an eventcount: sleep until a condition that has no lock may have changed.
 *
 * A waiter takes the ticket, looks at the condition once more, and sleeps only if nobody has
 * notified since the ticket. The notifier makes the condition true, then raises the count, and
 * enters the kernel only if somebody waits.
 *
 * Source: D. P. Reed, R. K. Kanodia, CACM 22(2), 1979; D. Vyukov, "Eventcount" (1024cores), 2010.
 * Bugs:   NO_RECHECK      does not look again once it has the ticket
 *         NO_FENCE        the waiter's registration and the condition may miss each other
 *         NOTIFY_FIRST    notifies before the condition is true
 */
#include "corpus.h"

static atomic_bool ready;
static _Atomic(uint32_t) count;
static atomic_int waiters;

static void fence(void) {
#ifndef NO_FENCE
    atomic_thread_fence(seq_cst);
#endif
}

static void notify(void) {
    fence();
    if (atomic_load_explicit(&waiters, relaxed) == 0) return;
    atomic_fetch_add_explicit(&count, 1, release);
    futex_rouse(&count, INT32_MAX);
}

static void waiter(int me) {
    (void)me;
    while (!atomic_load_explicit(&ready, acquire)) {
        atomic_fetch_add_explicit(&waiters, 1, relaxed);
        fence();
        uint32_t ticket = atomic_load_explicit(&count, acquire);
#ifdef NO_RECHECK
        futex_sleep(&count, ticket);
#else
        if (!atomic_load_explicit(&ready, acquire)) futex_sleep(&count, ticket);
#endif
        atomic_fetch_sub_explicit(&waiters, 1, relaxed);
    }
}

static void notifier(int me) {
    (void)me;
#ifdef NOTIFY_FIRST
    notify();
    atomic_store_explicit(&ready, true, release);
#else
    atomic_store_explicit(&ready, true, release);
    notify();
#endif
}

int main(void) {
    TOGETHER(waiter, notifier);
    return 0;
}
