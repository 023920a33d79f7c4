/* missed.c - the smallest programs about "it is not there" and "wake me". Explore them:
 *
 *     grader/grade explore lessons/10-futures/missed.c --scenario looks_once
 */
#include "scenario.h"

#include <stdatomic.h>

#include "futex.h"

static _Atomic(bool) there;
static _Atomic(int) waiting; /* 1: somebody has left word */
static futex_word woken;

static void setup(void) {
    /* Relaxed, all: no thread runs yet. */
    atomic_store_explicit(&there, false, memory_order_relaxed);
    atomic_store_explicit(&waiting, 0, memory_order_relaxed);
    atomic_store_explicit(&woken, 0, memory_order_relaxed);
}

static void sends(void) {
    atomic_store_explicit(&there, true, memory_order_release); /* for the looks below */
    /* Acquire and release: whoever leaves word later finds that we have been here. */
    if (atomic_exchange_explicit(&waiting, 0, memory_order_acq_rel) == 0) return;
    atomic_store_explicit(&woken, 1, memory_order_relaxed); /* relaxed: it only ends a sleep */
    futex_wake(&woken, 1);
}

static void sleeps_until_woken(void) {
    /* Relaxed: see sends. */
    while (!atomic_load_explicit(&woken, memory_order_relaxed)) futex_wait(&woken, 0);
}

static bool looks(void) { return atomic_load_explicit(&there, memory_order_acquire); } /* sends */
static void leaves_word(void) {
    atomic_exchange_explicit(&waiting, 1, memory_order_acq_rel); /* with the exchange in sends */
}

static void looks_then_leaves_word(void) {
    if (looks()) return;
    leaves_word();
    sleeps_until_woken();
}
SCENARIO(looks_once, .promise = "a receiver that looked once is woken", .setup = setup,
         .threads = {looks_then_leaves_word, sends});

static void leaves_word_then_looks(void) {
    leaves_word();
    if (looks()) return;
    sleeps_until_woken();
}
SCENARIO(looks_behind, .promise = "a receiver that looked behind its word is woken", .setup = setup,
         .threads = {leaves_word_then_looks, sends});

/* A waker is two words. Here nothing says whose they are. */
static struct {
    const char *executor;
    int task;
} waker;

static void setup_waker(void) {
    waker.executor = "blue";
    waker.task = 1;
}
static void changes_the_waker(void) {
    waker.executor = "red";
    waker.task = 2;
}
static void reads_the_waker(void) {
    scenario_require((waker.task == 2) == (waker.executor[0] == 'r'), "a waker comes whole");
}
SCENARIO(half_a_waker, .promise = "a waker comes whole", .setup = setup_waker,
         .threads = {changes_the_waker, reads_the_waker});
