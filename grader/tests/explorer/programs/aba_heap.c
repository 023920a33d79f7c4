/* aba_heap.c - ABA through the heap: a freed block comes back at the same address.
 *
 * A slot holds the newest message. The reader looks at the slot, then at the number of messages so
 * far, then takes the message if it is still the same pointer, and believes to have taken the one
 * that it counted. No freed memory is ever read; the program is wrong only if malloc returns the
 * block that was freed last, as real ones do.
 */
#include "corpus.h"

static _Atomic(int *) slot;
static atomic_int generation;

static void put(void) {
    int *message = malloc(sizeof *message);
    assert(message);
    *message = atomic_fetch_add_explicit(&generation, 1, relaxed) + 1;
    atomic_store_explicit(&slot, message, release);
}

static bool take_if(int *seen) {
    return seen && atomic_compare_exchange_strong_explicit(&slot, &seen, NULL, acquire, relaxed);
}

static void writer(int me) {
    (void)me;
    put();
    int *old = atomic_load_explicit(&slot, relaxed);
    if (!take_if(old)) return;
    free(old);
    put();
}

static void reader(int me) {
    (void)me;
    int *seen = atomic_load_explicit(&slot, acquire);
    int counted = atomic_load_explicit(&generation, relaxed);
    if (!take_if(seen)) return;
    assert(*seen <= counted);
    free(seen);
}

int main(void) {
    TOGETHER(writer, reader);
    free(atomic_load_explicit(&slot, relaxed));
    return 0;
}
