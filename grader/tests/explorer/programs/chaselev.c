/* chaselev.c - the Chase-Lev work-stealing deque of fixed size, with C11's orders.
 *
 * Source: D. Chase, Y. Lev, "Dynamic circular work-stealing deque", SPAA 2005; N. M. Le, A. Pop,
 *         A. Cohen, F. Zappa Nardelli, "Correct and efficient work-stealing for weak memory
 *         models", PPoPP 2013, figure 1.
 * Bugs:   NO_TAKE_FENCE   the owner may miss the thief's top: one item is taken twice
 *         NO_STEAL_FENCE  the thief may miss the owner's bottom: one item is taken twice
 *         NO_LAST_CAS     the owner takes the last item without asking the thief
 *         RELAXED_PUSH    a thief may see the item before what is in it
 */
#include "corpus.h"

enum { SLOTS = 4, ITEMS = 2 };

struct item {
    int taken; /* plain: whoever took the item may write to it */
};

static atomic_int top, bottom;
static _Atomic(struct item *) slots[SLOTS];
static struct item items[ITEMS];

static void push(struct item *item) {
    int b = atomic_load_explicit(&bottom, relaxed);
    atomic_store_explicit(&slots[b % SLOTS], item, relaxed);
#ifndef RELAXED_PUSH
    atomic_thread_fence(release);
#endif
    atomic_store_explicit(&bottom, b + 1, relaxed);
}

static struct item *take(void) {
    int b = atomic_load_explicit(&bottom, relaxed) - 1;
    atomic_store_explicit(&bottom, b, relaxed);
#ifndef NO_TAKE_FENCE
    atomic_thread_fence(seq_cst);
#endif
    int t = atomic_load_explicit(&top, relaxed);
    if (t > b) {
        atomic_store_explicit(&bottom, b + 1, relaxed);
        return NULL;
    }
    struct item *item = atomic_load_explicit(&slots[b % SLOTS], relaxed);
    if (t < b) return item;
#ifndef NO_LAST_CAS
    if (!atomic_compare_exchange_strong_explicit(&top, &t, t + 1, seq_cst, relaxed)) item = NULL;
#endif
    atomic_store_explicit(&bottom, b + 1, relaxed);
    return item;
}

static struct item *steal(void) {
    int t = atomic_load_explicit(&top, acquire);
#ifndef NO_STEAL_FENCE
    atomic_thread_fence(seq_cst);
#endif
    int b = atomic_load_explicit(&bottom, acquire);
    if (t >= b) return NULL;
    struct item *item = atomic_load_explicit(&slots[t % SLOTS], relaxed);
    if (!atomic_compare_exchange_strong_explicit(&top, &t, t + 1, seq_cst, relaxed)) return NULL;
    return item;
}

static void work_on(struct item *item) {
    if (!item) return;
    assert(item->taken == 1);
    item->taken = 2;
}

static void owner(int me) {
    (void)me;
    for (int n = 0; n < ITEMS; n++) {
        items[n].taken = 1;
        push(&items[n]);
    }
    work_on(take());
    work_on(take());
}

static void thief(int me) {
    (void)me;
    work_on(steal());
    work_on(steal());
}

int main(void) {
    TOGETHER(owner, thief);
    assert(items[1].taken == 2 || items[0].taken == 2);
    return 0;
}
