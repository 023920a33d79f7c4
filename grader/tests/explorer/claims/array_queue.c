/* array_queue.c - a queue on an array: push takes a place, then fills it.
 *
 * Source: M. P. Herlihy, J. M. Wing, "Linearizability: A Correctness Condition for Concurrent
 *         Objects", ACM TOPLAS 12(3), 1990, section 4.1; there pop tries again, here it may say
 *         "empty", which only a pop that has seen no place taken may.
 * Bugs:   FIRST_PLACE  pop takes an unfilled first place for an empty queue: its linearization point
 *                      would have to be where a push takes its place, but the value is not there yet
 */
#include "claims.h"

enum { PLACES = 4 };

static atomic_int taken;
static atomic_int places[PLACES]; /* 0: not filled, or emptied */

static void setup(void) {
    atomic_init(&taken, 0);
    for (int p = 0; p < PLACES; p++) atomic_init(&places[p], 0);
}

static int64_t push(int value) {
    int place = atomic_fetch_add_explicit(&taken, 1, acq_rel);
    atomic_store_explicit(&places[place], value, release);
    return 0;
}

/* Must find something: the caller has pushed, and nobody else pops. */
static int64_t pop(void) {
#ifdef FIRST_PLACE
    int value = atomic_exchange_explicit(&places[0], 0, acq_rel);
    return value ? value : HISTORY_NONE;
#else
    for (;;) {
        int end = atomic_load_explicit(&taken, acquire);
        for (int place = 0; place < end; place++) {
            int value = atomic_exchange_explicit(&places[place], 0, acq_rel);
            if (value) return value;
        }
    }
#endif
}

static void pushes(void) { history_record(push(1), "push", 1); }
static void pushes_and_pops(void) {
    history_record(push(2), "push", 2);
    history_record(pop(), "pop");
}

SCENARIO(one_pops, .promise = "whoever has pushed finds something", .setup = setup,
         .threads = {pushes, pushes_and_pops}, .linearizable = &history_queue);
