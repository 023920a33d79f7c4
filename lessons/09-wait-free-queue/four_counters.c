/* four_counters.c - four ways to add one to a number, and what each promises to a thread that adds.
 *
 *     grader/grade explore lessons/09-wait-free-queue/four_counters.c --scenario locked \
 *         --mode progress
 *
 * The scenarios are locked, claiming, retrying and at_once.
 */
#include "scenario.h"

#include <stdatomic.h>
#include <stdint.h>

#include "history.h"

#define SEQ memory_order_seq_cst /* the question here is who waits, not what is seen */

static _Atomic(int) number, busy;
static _Atomic(int) claimed; /* the number, times four, and who claims it: 1 or 2 */

static void setup(void) {
    /* Relaxed, all: no thread runs yet. */
    atomic_store_explicit(&number, 0, memory_order_relaxed);
    atomic_store_explicit(&busy, 0, memory_order_relaxed);
    atomic_store_explicit(&claimed, 0, memory_order_relaxed);
    history_clear();
}

/* A lock in disguise. */
static int64_t add_locked(void) {
    while (atomic_exchange_explicit(&busy, 1, SEQ)) continue;
    int before = atomic_load_explicit(&number, SEQ);
    atomic_store_explicit(&number, before + 1, SEQ);
    atomic_store_explicit(&busy, 0, SEQ);
    return before;
}

/* Claim the number, then change it if the claim still stands: two can take it from each other. */
static int64_t add_claiming(int me) {
    int seen = atomic_load_explicit(&claimed, SEQ), mine;
    do {
        mine = (seen & ~3) | me;
        /* SEQ: see above. */
        while (!atomic_compare_exchange_strong_explicit(&claimed, &seen, mine, SEQ, SEQ))
            mine = (seen & ~3) | me;
        seen = mine;
    } while (!atomic_compare_exchange_strong_explicit(&claimed, &seen, (mine & ~3) + 4, SEQ, SEQ));
    return mine >> 2;
}

/* Try until it works. */
static int64_t add_retrying(void) {
    int before = atomic_load_explicit(&number, SEQ);
    while (!atomic_compare_exchange_strong_explicit(&number, &before, before + 1, SEQ, SEQ))
        continue; /* somebody else has added */
    return before;
}

/* Let the processor do it. */
static int64_t add_at_once(void) { return atomic_fetch_add_explicit(&number, 1, SEQ); }

static void locked_once(void) { history_record(add_locked(), "fetch_add", 1); }
static void claiming_1(void) { history_record(add_claiming(1), "fetch_add", 1); }
static void claiming_2(void) { history_record(add_claiming(2), "fetch_add", 1); }
static void retrying_once(void) { history_record(add_retrying(), "fetch_add", 1); }
static void retrying_often(void) {
    for (int i = 0; i < scenario_contention(); i++) retrying_once();
}
static void at_once(void) { history_record(add_at_once(), "fetch_add", 1); }
static void at_once_often(void) {
    for (int i = 0; i < scenario_contention(); i++) at_once();
}

SCENARIO(locked, .promise = "nobody waits for ever", .setup = setup,
         .threads = {locked_once, locked_once}, .linearizable = &history_counter,
         .progress = PROGRESS_OBSTRUCTION_FREE);
SCENARIO(claiming, .promise = "who runs alone ends", .setup = setup,
         .threads = {claiming_1, claiming_2}, .linearizable = &history_counter,
         .progress = PROGRESS_OBSTRUCTION_FREE);
SCENARIO(retrying, .promise = "each ends", .setup = setup,
         .threads = {retrying_once, retrying_often}, .linearizable = &history_counter,
         .progress = PROGRESS_WAIT_FREE);
SCENARIO(at_once, .promise = "each ends", .setup = setup, .threads = {at_once, at_once_often},
         .linearizable = &history_counter, .progress = PROGRESS_WAIT_FREE);
