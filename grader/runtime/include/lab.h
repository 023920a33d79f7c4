/* lab.h - threads and futexes under the test's control.
 *
 * A test that sleeps "to let the other thread run" is a test of luck. In the lab a test asks
 * instead: is that thread asleep, on which word, since which line? It can stop a thread at the door
 * of a futex call, let another pass, and open the door again: the interleavings that lose wakeups
 * are made, not hoped for. Time is virtual.
 *
 * The lab watches for four faults by itself, in every test, and ends the test with a report that
 * names the lines:
 *   deadlock   every thread sleeps without a deadline, or waits for one that does: nobody can wake
 *              anybody;
 *   spinning   a thread that was expected to sleep came by LAB_SPIN_LIMIT_PLACES atomic operations,
 *              pauses and futex calls instead; or, in a loop without any, burned LAB_SPIN_LIMIT_MS
 *              of its own processor time (a judge whose tool slows programs down sets
 *              HB_SPIN_LIMIT_MS);
 *   endless-loop
 *              the test's threads came by LAB_ENDLESS_PLACES of these places, or the code under test
 *              accessed memory LAB_ENDLESS_ACCESSES times without coming by any (under
 *              Valgrind at a fifth of these);
 *   panic      the code under test called panic() (expected when the test says so with
 *              lab_expect_panic).
 * A deadlock is known at the moment it happens, without a timeout. When every thread sleeps and
 * some have deadlines, virtual time jumps to the nearest one.
 *
 *     static struct mutex lock = MUTEX_INIT;
 *     static void taker(void *unused) { (void)unused; mutex_lock(&lock); mutex_unlock(&lock); }
 *
 *     Test(mutex, unlock_wakes_a_sleeper) {
 *         mutex_lock(&lock);
 *         struct lab_thread *waiter = lab_start(taker, NULL);
 *         cr_assert(lab_await_asleep(waiter), "a thread that waits for a held mutex sleeps");
 *         mutex_unlock(&lock);
 *         lab_join(waiter);            // a lost wakeup would be reported here, as a deadlock
 *     }
 *
 * One thread runs at a time; the turn passes at atomic operations, pauses (cpu.h) and futex calls, in
 * a sequence that is the same in every run. So a test that lets threads run freely gives one verdict,
 * too; what it did not meet it never meets, and the scenarios are there for that.
 *
 * Only the test's main thread and threads made by lab_start may call futex, clock and lab functions;
 * whoever else does, and whoever breaks another rule of this page, ends the test with the fault
 * "lab-misuse". So does a test that ends while a thread has not been given back by lab_join. None
 * of these functions creates a happens-before edge that a judge could mistake for one of the code
 * under test, except lab_start (everything before it happens-before the body) and lab_join (the
 * body happens-before its return).
 */
#ifndef HB_LAB_H
#define HB_LAB_H

#include <stdbool.h>
#include <stdint.h>

#include "futex.h"

#define LAB_MAX_THREADS       64
#define LAB_SPIN_LIMIT_PLACES 100000
#define LAB_SPIN_LIMIT_MS     2000
#define LAB_ENDLESS_PLACES    1000000
#define LAB_ENDLESS_ACCESSES  5000000
#define LAB_STACK_BYTES       (1 << 20) /* of a thread, as in the explorer */

struct lab_thread;

/* Run body(argument) in a new thread. The lab owns the thread; give it back with lab_join. */
struct lab_thread *lab_start(void (*body)(void *), void *argument);

/* Wait for the thread's end. */
void lab_join(struct lab_thread *thread);

/* Has the thread returned from its body? */
bool lab_finished(const struct lab_thread *thread);

/* Wait until the thread sleeps in a futex call: true; or until it has finished: false. A thread
 * that does neither within LAB_SPIN_LIMIT_PLACES ends the test with the fault "spinning". */
bool lab_await_asleep(struct lab_thread *thread);

/* The doors: places where the lab can stop a thread. */
enum lab_door {
    LAB_DOOR_WAIT,   /* on entry to futex_wait and futex_wait_until, before the word is compared */
    LAB_DOOR_WAKE,   /* on entry to futex_wake, before anybody is woken */
    LAB_DOOR_RETURN, /* after a sleep has ended, before the futex call returns: a slow riser */
};

/* Close a door for one thread (NULL: for the calling thread's next lab_start child): it stops there
 * whenever it comes, until lab_open. */
void lab_close(struct lab_thread *thread, enum lab_door door);

/* Wait until the thread stands at the closed door: true; or has finished, sleeps, or stands at
 * another door: false. Spinning as above. */
bool lab_await_at(struct lab_thread *thread, enum lab_door door);

/* Wait until no thread but the caller runs: each sleeps, stands at a closed door, waits for another,
 * or has finished. Then count what should have happened. Spinning as above, for every thread. */
void lab_settle(void);

/* Open the door and let the thread go on. */
void lab_open(struct lab_thread *thread, enum lab_door door);

/* Make the thread's sleep end as if by a signal: its futex call returns FUTEX_WOKEN though nobody
 * woke it. Returns false if the thread was not asleep. */
bool lab_interrupt(struct lab_thread *thread);

/* The next `count` futex waits of any thread return FUTEX_WOKEN at once instead of sleeping. */
void lab_make_spurious(uint32_t count);

/* What happened at the futex since the test began or since lab_forget. */
struct lab_tally {
    uint64_t waits;    /* calls of futex_wait and futex_wait_until */
    uint64_t sleeps;   /* those that slept */
    uint64_t wakes;    /* calls of futex_wake */
    uint64_t woken;    /* threads that those calls woke */
    uint64_t timeouts; /* sleeps that ended at their deadline */
};
struct lab_tally lab_tally(void);
void lab_forget(void);

/* How many threads sleep on this word now. */
uint32_t lab_sleepers(const futex_word *word);

/* Move the virtual clock on by this much, at once; sleepers whose deadline has come time out. */
void lab_advance_ns(uint64_t duration_ns);

/* From now on this test must end in a panic() by `function` (for example "mutex_unlock"); it fails
 * if it ends otherwise. */
void lab_expect_panic(const char *function);

/* How many atomic operations, pauses and futex calls the thread has come by since it started: a
 * measure of its own steps that is the same in every run. */
uint64_t lab_places(const struct lab_thread *thread);

#endif
