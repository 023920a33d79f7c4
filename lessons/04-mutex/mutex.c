/* mutex.c - lesson 04: a mutex from scratch. This is the file that you fill in.
 *
 * It compiles as it stands, and promises nothing yet: nobody is kept out, nobody waits. mutex.h
 * holds the contract; README.md walks the way; attempts/ holds the wrong turnings, complete, each
 * with the verdict that it gets. Work from STEP 1 to STEP 5: each is small, each has checks of its
 * own, and each leaves the earlier ones true. `make check U=04-mutex` runs them all.
 *
 * What you may use: <stdatomic.h> with the _explicit forms only, and from the workbook futex.h,
 * clock.h, cpu.h and panic.h. Helpers of your own are welcome; make them static.
 *
 * Write down what the numbers in `state` mean before you store the first one. Three are enough: who
 * sets each, who ends it, and what a thread may conclude from seeing it. Two laws hold throughout:
 *
 *   I1  At most one thread holds the mutex, and only that thread makes it free.
 *   I2  While a thread sleeps, or is just about to, the mutex shows it to whoever will unlock.
 */
#include "mutex.h"

#include "clock.h"
#include "cpu.h"
#include "panic.h"

/* STEP 1 of 5: take it or leave it.
 * Why:   everything else is built from two moves: to take a free mutex in one indivisible step, and
 *        to give it back. Between a look and a store another thread fits; between the halves of one
 *        atomic operation it does not.
 * Goal:  mutex_try_lock takes a free mutex, and says false at once when it is held. mutex_unlock
 *        frees it, and panics with its own name when there was nothing to free.
 * Keep:  I1.
 * Edge:  [M1] unlock -> the lock that follows it. Name the order at both ends, and say beside each
 *        atomic operation why its order is enough and which operation it pairs with.
 * Check: make check U=04-mutex STEP=1
 */
bool mutex_try_lock(struct mutex *mutex) {
    (void)mutex;
    return false;
}

void mutex_unlock(struct mutex *mutex) { (void)mutex; }

/* STEP 2 of 5: wait without a storm.
 * Why:   a waiter that keeps trying to take the mutex keeps pulling its cache line away from the
 *        only thread that can end the wait. A waiter that only looks disturbs less, and one that
 *        looks more and more rarely disturbs hardly at all.
 * Goal:  mutex_lock returns with the mutex held, however many threads ask at once. A free mutex
 *        costs no system call.
 * Keep:  I1. A look is a hint; only the step that takes decides.
 * Edge:  [M1], also on the way out of the wait.
 * Check: make check U=04-mutex STEP=2
 *
 * STEP 3 of 5: sleep instead of spinning.
 * Why:   the holder may sleep itself, or have been taken off its processor. Then every moment of
 *        spinning is wasted, perhaps the very moment that the holder needs.
 * Goal:  after a bounded spin (MUTEX_SPIN_LIMIT looks, with pauses as long as you like) a waiter
 *        sleeps, and uses no processor time while another thread holds the mutex. An unlock wakes
 *        one sleeper when there are sleepers, and makes no system call when nobody waited. This
 *        step changes mutex_unlock too.
 * Keep:  I2, at three moments above all: between a waiter's last look and its falling asleep; when
 *        a woken thread finds the mutex taken again; when one of several sleepers gets it.
 *        A return from futex_wait says nothing but "look again".
 * Edge:  [M1], through the slow path as through the fast one. After the step of mutex_unlock that
 *        frees the mutex, its memory may be gone.
 * Check: make check U=04-mutex STEP=3
 */
void mutex_lock(struct mutex *mutex) { (void)mutex; }

/* STEP 4 of 5: give up at a deadline.
 * Why:   a thread that can wait for ever can hang for ever. A deadline is a moment, not a duration:
 *        so it stays right however often the wait is interrupted and begun again.
 * Goal:  mutex_lock_until is mutex_lock that returns false once clock_now_ns() has reached the
 *        deadline. A deadline that has passed already makes it one attempt, without a sleep.
 * Keep:  I1, I2. Whoever gives up must neither hide the other sleepers from the next unlock nor
 *        swallow a wakeup that was meant for one of them.
 * Edge:  [M1] when it returns true; none when it returns false.
 * Check: make check U=04-mutex STEP=4
 */
bool mutex_lock_until(struct mutex *mutex, uint64_t deadline_ns) {
    (void)mutex, (void)deadline_ns;
    return false;
}

/* STEP 5 of 5: leave a warning behind.
 * Why:   a holder that must let go in the middle of a change leaves broken data behind a healthy
 *        lock. The next holder cannot see that, unless it is told.
 * Goal:  the mark that one holder sets, every later holder sees, until one of them takes it away.
 *        Locking and unlocking leave it alone.
 * Keep:  I1. Threads that do not hold the mutex may ask as well, so the mark is atomic.
 * Edge:  none of its own. Say why [M1] is enough.
 * Check: make check U=04-mutex STEP=5
 */
void mutex_poison(struct mutex *mutex) { (void)mutex; }

bool mutex_is_poisoned(struct mutex *mutex) {
    (void)mutex;
    return false;
}

void mutex_clear_poison(struct mutex *mutex) { (void)mutex; }
