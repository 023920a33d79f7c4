/* scenarios.c - small closed programs around one mutex, each with what must hold in every schedule.
 *
 * Two or three threads, one or two operations each. The guarded data are plain variables on
 * purpose: if [M1] is missing anywhere, a tool that knows happens-before sees a data race on them.
 * Where a scenario must go a certain way (the mutex is free by now), a thread awaits a relaxed flag
 * of the scenario, which orders nothing: only the mutex can.
 */
#include "scenario.h"

#include <stdlib.h>

#include "clock.h"
#include "cpu.h"
#include "mutex.h"

static struct mutex mutex, other;
static int counter, shadow; /* guarded by `mutex` */
static int inside;          /* guarded by `mutex`: how many threads are in the critical section */
static int entries[2];      /* of thread 1: did it get in? of `nests`: guarded by `other` */
static _Atomic(bool) flag;  /* scenery: relaxed, so that it orders nothing */

static void setup(void) {
    mutex = other = (struct mutex)MUTEX_INIT;
    counter = shadow = inside = 0;
    entries[0] = entries[1] = 0;
    atomic_store_explicit(&flag, false, memory_order_relaxed); /* no thread runs yet */
}

/* Relaxed, both: what the flag's setter did before is not to be seen through the flag. */
static void raise_flag(void) { atomic_store_explicit(&flag, true, memory_order_relaxed); }
static void await_flag(void) {
    /* Relaxed: see raise_flag. */
    while (!atomic_load_explicit(&flag, memory_order_relaxed)) cpu_relax();
}

/* The body of a critical section: alone in it, and it sees all that was done in earlier ones. */
static void work(void) {
    scenario_require(++inside == 1, "one thread at a time is in the critical section");
    scenario_require(counter == shadow, "a holder sees all that earlier holders wrote");
    counter++;
    shadow++;
    inside--;
}

static void lock_and_work(void) {
    mutex_lock(&mutex);
    work();
    mutex_unlock(&mutex);
}

static void lock_and_work_twice(void) {
    lock_and_work();
    lock_and_work();
}

static void unlocked_at_the_end(void) {
    scenario_require(mutex_try_lock(&mutex), "when all are done, the mutex is free");
    mutex_unlock(&mutex);
}

static void two_were_counted(void) {
    scenario_require(counter == 2, "both increments are counted");
    unlocked_at_the_end();
}

SCENARIO(excludes, .promise = "two critical sections never overlap", .setup = setup,
         .threads = {lock_and_work, lock_and_work}, .finally = two_were_counted);

static void three_were_counted(void) {
    scenario_require(counter == 3, "all three increments are counted");
    unlocked_at_the_end();
}

SCENARIO(serves_three, .promise = "of three threads each gets its turn", .setup = setup,
         .threads = {lock_and_work, lock_and_work, lock_and_work}, .finally = three_were_counted);

static void four_were_counted(void) {
    scenario_require(counter == 4, "all four increments are counted");
    unlocked_at_the_end();
}

SCENARIO(serves_again, .promise = "the mutex can be taken again and again", .setup = setup,
         .threads = {lock_and_work_twice, lock_and_work_twice}, .finally = four_were_counted);

/* The mutex is free and quiet when the second thread comes: the fast path must make the edge. */
static void lock_and_work_first(void) {
    lock_and_work();
    raise_flag();
}

static void lock_and_work_second(void) {
    await_flag();
    lock_and_work();
}

SCENARIO(lock_publishes, .promise = "mutex_lock sees what was written before the unlock [M1]",
         .setup = setup, .threads = {lock_and_work_first, lock_and_work_second},
         .finally = two_were_counted);

static void as_many_as_entered(void) {
    scenario_require(counter == 1 + entries[1], "who was told true, and only who was, did enter");
    unlocked_at_the_end();
}

static void try_lock_and_work_second(void) {
    await_flag();
    if (!mutex_try_lock(&mutex))
        return; /* the flag orders nothing: the unlock may not be seen yet */
    work();
    entries[1] = 1;
    mutex_unlock(&mutex);
}

SCENARIO(try_lock_publishes, .promise = "mutex_try_lock sees what was written before the unlock",
         .setup = setup, .threads = {lock_and_work_first, try_lock_and_work_second},
         .finally = as_many_as_entered);

static void lock_until_and_work_second(void) {
    await_flag();
    if (!mutex_lock_until(&mutex, 0)) return; /* as above */
    work();
    entries[1] = 1;
    mutex_unlock(&mutex);
}

SCENARIO(lock_until_publishes,
         .promise = "mutex_lock_until sees what was written before the unlock", .setup = setup,
         .threads = {lock_and_work_first, lock_until_and_work_second},
         .finally = as_many_as_entered);

static void try_and_work(void) {
    if (!mutex_try_lock(&mutex)) return;
    work();
    entries[1] = 1;
    mutex_unlock(&mutex);
}

SCENARIO(try_lock_against_lock, .promise = "mutex_try_lock enters alone or not at all",
         .setup = setup, .threads = {lock_and_work, try_and_work}, .finally = as_many_as_entered);

/* A deadline that may or may not be reached, in the sleep or before it: in or out, and the mutex is
 * left as good as new. */
#define SOON_NS UINT64_C(1000000)

static void lock_until_and_work(void) {
    if (!mutex_lock_until(&mutex, clock_now_ns() + SOON_NS)) return;
    work();
    entries[1] = 1;
    mutex_unlock(&mutex);
}

SCENARIO(lock_until_against_unlock, .promise = "mutex_lock_until enters alone or not at all",
         .setup = setup, .threads = {lock_and_work, lock_until_and_work},
         .finally = as_many_as_entered);

static void both_and_perhaps_a_third(void) {
    scenario_require(counter == 2 + entries[1], "giving up counts for nothing and costs nothing");
    unlocked_at_the_end();
}

SCENARIO(giving_up_harms_nobody, .promise = "a waiter that gives up leaves the others their turn",
         .setup = setup, .threads = {lock_and_work, lock_until_and_work, lock_and_work},
         .finally = both_and_perhaps_a_third);

/* A change that is broken off: half of it is done when the mutex is let go. */
static void break_off(void) {
    mutex_lock(&mutex);
    counter++;
    mutex_poison(&mutex);
    mutex_unlock(&mutex);
}

static void repair(void) {
    mutex_lock(&mutex);
    bool broken = mutex_is_poisoned(&mutex);
    scenario_require(broken == (counter != shadow), "the mark tells exactly when data is broken");
    if (broken) {
        shadow = counter;
        mutex_clear_poison(&mutex);
    }
    mutex_unlock(&mutex);
}

static void mark_fits_the_data(void) {
    scenario_require(mutex_is_poisoned(&mutex) == (counter != shadow),
                     "the mark stays until the data is repaired, and no longer");
}

SCENARIO(poison_is_handed_on, .promise = "the next holder learns that the data is broken",
         .setup = setup, .threads = {break_off, repair}, .finally = mark_fits_the_data);

/* Whoever asks without holding the mutex gets an answer that may be old, and makes no race. */
static void mark(void) {
    mutex_lock(&mutex);
    mutex_poison(&mutex);
    mutex_unlock(&mutex);
}

static void ask(void) { mutex_is_poisoned(&mutex); }

SCENARIO(anybody_may_ask, .promise = "a thread that does not hold the mutex may ask for the mark",
         .setup = setup, .threads = {mark, ask}, .finally = NULL);

/* Two mutexes, one inside the other: each keeps its own data. */
static void nested(void) {
    mutex_lock(&other);
    lock_and_work();
    entries[0]++; /* guarded by `other` here */
    mutex_unlock(&other);
}

static void both_were_counted(void) {
    scenario_require(entries[0] == 2, "the outer mutex excludes, too");
    two_were_counted();
}

SCENARIO(nests, .promise = "a mutex can be held inside another", .setup = setup,
         .threads = {nested, nested}, .finally = both_were_counted);

/* A shared object with the mutex in it; the last user frees it, at once after its unlock. */
static struct shared {
    struct mutex mutex;
    int users;
} * shared;

static void setup_shared(void) {
    shared = malloc(sizeof *shared);
    if (!shared) abort();
    *shared = (struct shared){.mutex = MUTEX_INIT, .users = 2};
}

static void leave(void) {
    mutex_lock(&shared->mutex);
    bool last = --shared->users == 0;
    mutex_unlock(&shared->mutex);
    if (last) free(shared);
}

SCENARIO(last_user_frees, .promise = "whoever takes the mutex last may free it after its unlock",
         .setup = setup_shared, .threads = {leave, leave}, .finally = NULL);
