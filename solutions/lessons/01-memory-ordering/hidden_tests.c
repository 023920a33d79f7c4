/* hidden_tests.c - the same promises as tests.c, in sequences that its reader has not seen. */
#include <criterion/criterion.h>

#include "lab.h"
#include "ordering.h"

static void gate_pass(futex_word *gate) {
    /* Relaxed: the gate only stops; it orders nothing. */
    while (!atomic_load_explicit(gate, memory_order_relaxed)) futex_wait(gate, 0);
}

static void gate_open(futex_word *gate) {
    atomic_store_explicit(gate, 1, memory_order_relaxed); /* orders nothing */
    futex_wake(gate, UINT32_MAX);
}

struct work {
    struct once *once;
    futex_word *gate;
    int runs; /* plain: [O1] is what lets others read it */
};

static void run_work(void *argument) {
    struct work *work = argument;
    gate_pass(work->gate);
    work->runs++;
}

/* [O1] reads what the run wrote, whichever thread ran it. */
static void call_once(void *argument) {
    struct work *work = argument;
    once_run(work->once, run_work, work);
    cr_assert_eq(work->runs, 1, "a caller comes back when it has been done, once");
}

static struct lab_thread *asleep(struct work *work) {
    struct lab_thread *thread = lab_start(call_once, work);
    cr_assert(lab_await_asleep(thread), "a call sleeps while the run lasts");
    return thread;
}

Test(hidden, two_runs_do_not_mix) {
    struct once left = ONCE_INIT, right = ONCE_INIT;
    futex_word left_gate = 0, right_gate = 0;
    struct work at_left = {&left, &left_gate, 0}, at_right = {&right, &right_gate, 0};
    struct lab_thread *runners[2] = {asleep(&at_left), asleep(&at_right)};
    struct lab_thread *one = asleep(&at_left), *other = asleep(&at_right);
    gate_open(&left_gate);
    lab_join(one);
    lab_join(runners[0]);
    cr_assert(lab_await_asleep(other), "the other run is not over");
    gate_open(&right_gate);
    lab_join(other);
    lab_join(runners[1]);
}

Test(hidden, survives_a_shower_of_spurious_wakeups) {
    struct once once = ONCE_INIT;
    futex_word gate = 0;
    struct work work = {&once, &gate, 0};
    struct lab_thread *runner = asleep(&work);
    lab_make_spurious(50);
    struct lab_thread *one = asleep(&work), *two = asleep(&work);
    cr_assert(lab_interrupt(two) && lab_interrupt(one), "both sleep");
    cr_assert(lab_await_asleep(one) && lab_await_asleep(two), "and sleep again: it is not over");
    gate_open(&gate);
    lab_join(one);
    lab_join(two);
    lab_join(runner);
}

/* The runner wakes its sleepers once; they rise slowly, and somebody comes when it is over. */
Test(hidden, one_call_wakes_them_all) {
    struct once once = ONCE_INIT;
    futex_word gate = 0;
    struct work work = {&once, &gate, 0};
    struct lab_thread *runner = asleep(&work), *slow[2];
    for (int n = 0; n < 2; n++) {
        slow[n] = asleep(&work);
        lab_close(slow[n], LAB_DOOR_RETURN);
    }
    gate_open(&gate);
    lab_join(runner);
    lab_forget();
    once_run(&once, run_work, &work);
    cr_assert_eq(lab_tally().waits, 0, "who comes when it is over does not wait");
    for (int n = 0; n < 2; n++) {
        cr_assert(lab_await_at(slow[n], LAB_DOOR_RETURN), "the run's end woke everybody");
        lab_open(slow[n], LAB_DOOR_RETURN);
        lab_join(slow[n]);
    }
    cr_assert_eq(lab_tally().wakes, 0, "and those who were woken wake nobody");
}

Test(hidden, lock_changes_sides) {
    struct peterson lock = PETERSON_INIT;
    for (unsigned turn = 0; turn < 10; turn++) {
        peterson_lock(&lock, turn % 2);
        peterson_unlock(&lock, turn % 2);
    }
    peterson_lock(&lock, 1);
    lab_expect_panic("peterson_unlock");
    peterson_unlock(&lock, 0); /* thread 1 holds it */
}

Test(hidden, count_is_exact_at_the_limit) {
    struct refcount refcount;
    refcount_init(&refcount, REFCOUNT_MAX);
    for (int times = 0; times < 3; times++) {
        cr_assert_not(refcount_release(&refcount), "many are left");
        cr_assert(refcount_try_acquire(&refcount), "there is room for one again");
        cr_assert_not(refcount_release(&refcount), "many are left");
        refcount_acquire(&refcount);
    }
    lab_expect_panic("refcount_try_acquire");
    refcount_try_acquire(&refcount);
}
