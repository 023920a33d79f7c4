/* futex.h - sleeping on a word: the one system call of this workbook.
 *
 * Source: futex(2), Linux manual pages; Ulrich Drepper, "Futexes Are Tricky", 2011.
 *
 * Two implementations stand behind these names. `system/` makes the real system call; programs and
 * benchmarks link it. `lab/` keeps the wait queues itself, so that a test knows who sleeps, moves
 * time by hand, and sees a deadlock at once (lab.h). Both keep the contract below; a unit's code
 * cannot tell them apart.
 */
#ifndef HB_FUTEX_H
#define HB_FUTEX_H

#include <stdatomic.h>
#include <stdint.h>

/* The word that threads sleep on. A futex is always 32 bits wide. */
typedef _Atomic(uint32_t) futex_word;

enum futex_wait_result {
    FUTEX_WOKEN,   /* a futex_wake took us out, or the wait ended for no reason (a signal): look at
                      the word again */
    FUTEX_CHANGED, /* the word did not hold `expected`, so we never slept */
    FUTEX_TIMED_OUT, /* the deadline passed while we slept */
};

/* No deadline: sleep until woken. */
#define FUTEX_FOREVER UINT64_MAX

/* Sleep while *word == expected.
 *
 * The comparison and the falling asleep are one atomic step with respect to futex_wake on the same
 * word: a wake that comes after the comparison finds the sleeper.
 *
 * Threads:   any number, beside any number of wakers.
 * Order:     none. A return says nothing about memory: read the word again with the order you need.
 * Progress:  blocking.
 * Returns:   FUTEX_WOKEN or FUTEX_CHANGED. FUTEX_WOKEN may be spurious.
 */
enum futex_wait_result futex_wait(futex_word *word, uint32_t expected);

/* As futex_wait, but give up once clock_now_ns() >= deadline_ns (absolute, monotonic;
 * FUTEX_FOREVER: never). */
enum futex_wait_result futex_wait_until(futex_word *word, uint32_t expected, uint64_t deadline_ns);

/* Wake up to `count` threads that sleep on `word` (UINT32_MAX: all), the longest sleeper first.
 *
 * The word itself is never read: a wake on memory that another thread has just freed is harmless to
 * it, and may wake a stranger, who must treat it as spurious.
 *
 * Order:     none.
 * Progress:  does not wait for the threads that it wakes.
 * Returns:   how many were woken.
 */
uint32_t futex_wake(futex_word *word, uint32_t count);

#endif
