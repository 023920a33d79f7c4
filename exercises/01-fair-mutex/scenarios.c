/* scenarios.c - small closed programs around the fair mutex.
 *
 * What is protected is plain memory, so that a missing edge is a data race. The marks scenario_asks()
 * and scenario_enters() let the explorer measure how often a waiter is overtaken; `bypass_below` holds
 * the greatest number over all schedules against the contract's.
 */
#include <string.h>

#include "scenario.h"

#include "clock.h"
#include "fair_mutex.h"

static struct fair_mutex lock;
static int entered;
static int inside;

enum { BYPASS = 2 }; /* of the bounded mutex */

static void setup(unsigned bypass) {
    fair_mutex_init(&lock, bypass);
    entered = inside = 0;
}
static void setup_barging(void) { setup(FAIR_BARGING); }
static void setup_bounded(void) { setup(BYPASS); }
static void setup_fifo(void) { setup(FAIR_FIFO); }
static void setup_bypass_1(void) { setup(1); }

/* Held from the start; the thread that runs `unlocks` has been handed the duty to unlock. */
static void setup_held(unsigned bypass) {
    setup(bypass);
    fair_mutex_lock(&lock);
}
static void setup_barging_held(void) { setup_held(FAIR_BARGING); }
static void setup_bounded_held(void) { setup_held(BYPASS); }
static void setup_fifo_held(void) { setup_held(FAIR_FIFO); }
static void unlocks(void) { fair_mutex_unlock(&lock); }

static void critical_section(void) {
    scenario_require(++inside == 1, "one thread is inside");
    entered++;
    inside--;
}

static void enters(void) {
    scenario_asks();
    fair_mutex_lock(&lock);
    scenario_enters();
    critical_section();
    fair_mutex_unlock(&lock);
}
static void enters_twice(void) { enters(), enters(); }
static void enters_thrice(void) { enters(), enters(), enters(); }

static void tries(void) {
    scenario_asks();
    if (!fair_mutex_try_lock(&lock)) return;
    scenario_enters();
    critical_section();
    fair_mutex_unlock(&lock);
}

static void two_entered(void) { scenario_require(entered == 2, "nobody is left behind"); }
static void four_entered(void) { scenario_require(entered == 4, "nobody is left behind"); }
static void three_entered(void) { scenario_require(entered == 3, "nobody is left behind"); }
static void all_is_free(void) {
    scenario_require(fair_mutex_try_lock(&lock), "in the end the mutex is free, and nobody waits");
    fair_mutex_unlock(&lock);
}

/* --- all three: mutual exclusion, and everybody gets there ------------------------------------- */

SCENARIO(barging_excludes, .promise = "one thread is inside, and each gets there",
         .setup = setup_barging, .threads = {enters, enters}, .finally = two_entered);
SCENARIO(bounded_excludes, .promise = "one thread is inside, and each gets there",
         .setup = setup_bounded, .threads = {enters, enters}, .finally = two_entered,
         .bypass_below = BYPASS + 1);
SCENARIO(fifo_excludes, .promise = "one thread is inside, and each gets there", .setup = setup_fifo,
         .threads = {enters, enters}, .finally = two_entered, .bypass_below = 1);

SCENARIO(barging_serves_two_waiters, .promise = "of two waiters none is forgotten",
         .setup = setup_barging_held, .threads = {enters, enters, unlocks}, .finally = two_entered);

/* --- fairness ---------------------------------------------------------------------------------- */

SCENARIO(fifo_serves_in_order, .promise = "two waiters are served in the order of their coming",
         .setup = setup_fifo_held, .threads = {enters, enters, unlocks}, .finally = two_entered,
         .bypass_below = 1);
SCENARIO(fifo_lets_nobody_by, .promise = "who waits is not overtaken by one that comes again",
         .setup = setup_fifo, .threads = {enters, enters_twice}, .finally = three_entered,
         .bypass_below = 1);

SCENARIO(bypass_1_lets_one_by, .promise = "who waits is overtaken once at most",
         .setup = setup_bypass_1, .threads = {enters, enters_thrice}, .finally = four_entered,
         .bypass_below = 2);

static void unlocks_and_barges(void) {
    unlocks();
    for (int n = 0; n < BYPASS + 1; n++) tries();
}
SCENARIO(bounded_lets_few_by, .promise = "who waits is overtaken twice at most",
         .setup = setup_bounded_held, .threads = {enters, unlocks_and_barges},
         .finally = all_is_free, .bypass_below = BYPASS + 1);

/* --- giving up --------------------------------------------------------------------------------- */

static void enters_or_gives_up(void) {
    if (!fair_mutex_lock_until(&lock, clock_now_ns() + 10)) return;
    critical_section();
    fair_mutex_unlock(&lock);
}
SCENARIO(barging_gives_up, .promise = "who gives up holds up nobody", .setup = setup_barging,
         .threads = {enters_or_gives_up, enters_twice}, .finally = all_is_free);
SCENARIO(bounded_gives_up, .promise = "who gives up holds up nobody", .setup = setup_bounded,
         .threads = {enters_or_gives_up, enters_twice}, .finally = all_is_free);
SCENARIO(fifo_gives_up, .promise = "who gives up holds up nobody", .setup = setup_fifo,
         .threads = {enters_or_gives_up, enters_twice}, .finally = all_is_free);
SCENARIO(fifo_gives_up_in_the_queue, .promise = "who gives up in the queue leaves it whole",
         .setup = setup_fifo_held, .threads = {enters, enters_or_gives_up, unlocks},
         .finally = all_is_free);

/* --- try_lock ---------------------------------------------------------------------------------- */

SCENARIO(fifo_try_lock, .promise = "a try takes the mutex as a lock does, or leaves no trace",
         .setup = setup_fifo, .threads = {enters, tries}, .finally = all_is_free,
         .bypass_below = 1);
SCENARIO(bounded_try_lock, .promise = "a try takes the mutex as a lock does, or leaves no trace",
         .setup = setup_bounded, .threads = {enters_twice, tries}, .finally = all_is_free,
         .bypass_below = BYPASS + 1);

/* --- the last user ----------------------------------------------------------------------------- */

static void uses_and_wipes(void) {
    fair_mutex_lock(&lock);
    int seen = ++entered;
    fair_mutex_unlock(&lock);
    if (seen == 2) memset((void *)&lock, 0xff, sizeof lock); /* nobody may look at it any more */
}
SCENARIO(last_user_frees, .promise = "an unlock does not touch the mutex once it is free",
         .setup = setup_fifo, .threads = {uses_and_wipes, uses_and_wipes});
