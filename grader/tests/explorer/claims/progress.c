/* progress.c - who waits for whom, where the code does not look like it. */
#include "claims.h"

/* --- two that abort each other ------------------------------------------------------------------ */

/* An operation claims the object for itself and succeeds if it still owns it when it looks again. One
 * that runs alone does; two can take it from each other for ever. The idea, not the code, is that of
 * M. Herlihy, V. Luchangco, M. Moir, "Obstruction-Free Synchronization: Double-Ended Queues as an
 * Example", ICDCS 2003. */
static atomic_int owner;

static void duel_setup(void) { atomic_init(&owner, 0); }

static int64_t use(int me) {
    do atomic_store_explicit(&owner, me, seq_cst);
    while (atomic_load_explicit(&owner, seq_cst) != me);
    return 0;
}

static void uses_as_1(void) { history_record(use(1), "use"); }
static void uses_as_2(void) { history_record(use(2), "use"); }

SCENARIO(abort_each_other, .promise = "one that is alone ends", .setup = duel_setup,
         .threads = {uses_as_1, uses_as_2}, .progress = PROGRESS_OBSTRUCTION_FREE);
SCENARIO(abort_each_other_claims_more, .promise = "one of them ends", .setup = duel_setup,
         .threads = {uses_as_1, uses_as_2}, .progress = PROGRESS_LOCK_FREE);

/* --- a lock in disguise ------------------------------------------------------------------------- */

/* No mutex in sight: one hands over a word, the other answers. Whoever waits for the answer waits. */
static atomic_int request, reply;

static void handshake_setup(void) {
    atomic_init(&request, 0);
    atomic_init(&reply, 0);
}

static int64_t ask(void) {
    atomic_store_explicit(&request, 1, release);
    while (!atomic_load_explicit(&reply, acquire)) /* waits for the answer */
        ;
    return 0;
}

static void serves(void) {
    while (!atomic_load_explicit(&request, acquire))
        ;
    atomic_store_explicit(&reply, 1, release);
}

static void asks(void) { history_record(ask(), "ask"); }

SCENARIO(handshake, .promise = "nobody holds a lock", .setup = handshake_setup,
         .threads = {asks, serves}, .progress = PROGRESS_LOCK_FREE);

/* --- a sequence lock ---------------------------------------------------------------------------- */

/* The writer never waits. A reader that finds an odd number waits for the writer to go on: reads are
 * blocking, though nobody locks. One that gives up instead waits for nobody.
 *
 * Source: H. Boehm, "Can Seqlocks Get Along With Programming Language Memory Models?", MSPC 2012. */
static atomic_uint sequence;
static atomic_int left, right;

static void seqlock_setup(void) {
    atomic_init(&sequence, 0);
    atomic_init(&left, 0);
    atomic_init(&right, 0);
}

static int64_t write_both(int value) {
    unsigned now = atomic_load_explicit(&sequence, relaxed);
    atomic_store_explicit(&sequence, now + 1, relaxed);
    atomic_thread_fence(release);
    atomic_store_explicit(&left, value, relaxed);
    atomic_store_explicit(&right, value, relaxed);
    atomic_store_explicit(&sequence, now + 2, release);
    return 0;
}

/* One attempt; HISTORY_NONE if a writer was there. */
static int64_t try_read(void) {
    unsigned before = atomic_load_explicit(&sequence, acquire); /* odd: a writer is there */
    int l = atomic_load_explicit(&left, relaxed), r = atomic_load_explicit(&right, relaxed);
    atomic_thread_fence(acquire);
    if (before % 2 || atomic_load_explicit(&sequence, relaxed) != before) return HISTORY_NONE;
    scenario_require(l == r, "both halves are of one write");
    return l;
}

static int64_t read_both(void) {
    int64_t value;
    while ((value = try_read()) == HISTORY_NONE)
        ;
    return value;
}

static void writes_often(void) {
    for (int i = 1; i <= scenario_contention(); i++) history_record(write_both(i), "write", i);
}
static void reads(void) { history_record(read_both(), "read"); }
static void tries(void) { history_record(try_read(), "try_read"); }

SCENARIO(seqlock, .promise = "reads and writes are those of one register", .setup = seqlock_setup,
         .threads = {writes_often, reads}, .linearizable = &history_register,
         .progress = PROGRESS_LOCK_FREE);
SCENARIO(seqlock_gives_up, .promise = "no reader waits", .setup = seqlock_setup,
         .threads = {writes_often, tries}, .progress = PROGRESS_WAIT_FREE);
