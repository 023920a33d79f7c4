/* helping.c - a counter whose threads announce what they want and do it for each other.
 *
 * One word holds the value and, for each thread, which of its announcements has been counted and what
 * its answer was. An operation announces itself and then tries twice to count all that is announced.
 * If both attempts fail, the second of those that succeeded in between had begun after the
 * announcement, and has counted it.
 *
 * Source: P. Fatourou, N. D. Kallimanis, "A Highly-Efficient Wait-Free Universal Construction",
 *         SPAA 2011 (Sim: two attempts).
 * Bugs:   ONE_ATTEMPT  one attempt only: it may fail against one that began before
 */
#include "claims.h"

enum { THREADS = 2 };

#ifdef ONE_ATTEMPT
enum { ATTEMPTS = 1 };
#else
enum { ATTEMPTS = 2 };
#endif

struct state {
    uint32_t value;
    uint8_t counted[THREADS]; /* the last announcement that has been counted */
    uint8_t answer[THREADS];
};

static _Atomic(struct state) state;
static _Atomic(uint8_t) announced[THREADS];

static void setup(void) {
    atomic_init(&state, (struct state){0});
    for (int t = 0; t < THREADS; t++) atomic_init(&announced[t], 0);
}

static int64_t add(int me, uint8_t number) {
    atomic_store_explicit(&announced[me], number, seq_cst);
    struct state seen = atomic_load_explicit(&state, seq_cst);
    for (int attempt = 0; attempt < ATTEMPTS && seen.counted[me] != number; attempt++) {
        struct state next = seen;
        for (int t = 0; t < THREADS; t++) {
            uint8_t wanted = t == me ? number : atomic_load_explicit(&announced[t], seq_cst);
            if (wanted == seen.counted[t]) continue;
            next.counted[t] = wanted;
            next.answer[t] = (uint8_t)next.value++;
        }
        if (atomic_compare_exchange_strong_explicit(&state, &seen, next, seq_cst, seq_cst))
            seen = next;
    }
    scenario_require(seen.counted[me] == number, "somebody has counted it");
    return seen.answer[me];
}

static void adds_once(void) { history_record(add(0, 1), "fetch_add", 1); }
static void adds_often(void) {
    for (int i = 1; i <= scenario_contention(); i++)
        history_record(add(1, (uint8_t)i), "fetch_add", 1);
}

SCENARIO(helping, .promise = "each is counted once, whoever does it", .setup = setup,
         .threads = {adds_once, adds_often}, .linearizable = &history_counter,
         .progress = PROGRESS_WAIT_FREE);
static void adds_three(void) {
    for (uint8_t i = 1; i <= 3; i++) history_record(add(1, i), "fetch_add", 1);
}

SCENARIO(helping_more, .promise = "each is counted once, whoever does it", .setup = setup,
         .threads = {adds_once, adds_three}, .linearizable = &history_counter);
