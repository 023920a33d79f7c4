/* hidden_tests.c - the same promises as tests.c, in sequences that its reader has not seen. */
#include <criterion/criterion.h>

#include "clock.h"
#include "fair_mutex.h"
#include "lab.h"

#define SECOND_NS UINT64_C(1000000000)

static struct fair_mutex left, right;
static char order[16];
static size_t n_order;

struct guest {
    char name;
    struct fair_mutex *mutex;
    uint64_t deadline_ns; /* 0: none */
    bool got;
};

static void come(void *argument) {
    struct guest *guest = argument;
    if (!fair_mutex_lock_until(guest->mutex,
                               guest->deadline_ns ? guest->deadline_ns : FUTEX_FOREVER))
        return;
    guest->got = true;
    order[n_order++] = guest->name;
    fair_mutex_unlock(guest->mutex);
}

static struct lab_thread *waits(struct guest *guest) {
    struct lab_thread *thread = lab_start(come, guest);
    cr_assert(lab_await_asleep(thread), "a thread that cannot get the mutex sleeps");
    return thread;
}

Test(hidden, two_mutexes_do_not_mix) {
    fair_mutex_init(&left, FAIR_FIFO);
    fair_mutex_init(&right, FAIR_BARGING);
    struct guest at_left = {'l', &left, 0, false}, at_right = {'r', &right, 0, false};
    fair_mutex_lock(&left);
    fair_mutex_lock(&right);
    struct lab_thread *one = waits(&at_left), *other = waits(&at_right);
    fair_mutex_unlock(&right);
    lab_join(other);
    cr_assert(lab_await_asleep(one), "the other mutex is still held");
    fair_mutex_unlock(&left);
    lab_join(one);
    cr_assert(at_left.got && at_right.got, "each gets its own mutex");
}

Test(hidden, survives_a_shower_of_spurious_wakeups) {
    fair_mutex_init(&left, FAIR_FIFO);
    struct guest guests[3] = {
        {'a', &left, 0, false}, {'b', &left, 0, false}, {'c', &left, 0, false}};
    struct lab_thread *threads[3];
    fair_mutex_lock(&left);
    lab_make_spurious(50);
    for (int n = 0; n < 3; n++) threads[n] = waits(&guests[n]);
    for (int n = 2; n >= 0; n--) cr_assert(lab_interrupt(threads[n]), "it sleeps");
    for (int n = 0; n < 3; n++) cr_assert(lab_await_asleep(threads[n]), "and sleeps on");
    fair_mutex_unlock(&left);
    for (int n = 0; n < 3; n++) lab_join(threads[n]);
    cr_assert_arr_eq(order, "abc", 3, "served as %.3s", order);
}

/* Two neighbours leave the middle of the queue, and somebody comes behind. */
Test(hidden, two_in_a_row_give_up) {
    fair_mutex_init(&left, FAIR_FIFO);
    uint64_t soon = clock_now_ns() + SECOND_NS;
    struct guest guests[5] = {{'a', &left, 0, false},
                              {'b', &left, soon, false},
                              {'c', &left, soon, false},
                              {'d', &left, 0, false},
                              {'e', &left, 0, false}};
    struct lab_thread *threads[5];
    fair_mutex_lock(&left);
    for (int n = 0; n < 4; n++) threads[n] = waits(&guests[n]);
    lab_advance_ns(SECOND_NS);
    lab_join(threads[1]);
    lab_join(threads[2]);
    threads[4] = waits(&guests[4]);
    fair_mutex_unlock(&left);
    lab_join(threads[0]);
    lab_join(threads[3]);
    lab_join(threads[4]);
    cr_assert_arr_eq(order, "ade", 3, "served as %.3s", order);
}

/* Waiters that give up, round after round, use up nothing. */
Test(hidden, giving_up_uses_up_nothing) {
    fair_mutex_init(&left, 2);
    for (int round = 0; round < 200; round++) {
        fair_mutex_lock(&left);
        struct guest hasty[2] = {{'a', &left, clock_now_ns() + 5, false},
                                 {'b', &left, clock_now_ns() + 5, false}};
        struct lab_thread *one = waits(&hasty[0]), *two = waits(&hasty[1]);
        lab_advance_ns(5);
        lab_join(one);
        lab_join(two);
        fair_mutex_unlock(&left);
    }
    lab_forget();
    fair_mutex_lock(&left);
    fair_mutex_unlock(&left);
    cr_assert_eq(lab_tally().waits + lab_tally().wakes, 0, "nobody waits");
}

/* The bound counts anew for each waiter, however often the mutex has been overtaken before. */
Test(hidden, bound_is_not_used_up_by_the_past) {
    fair_mutex_init(&left, 3);
    for (int round = 0; round < 60; round++) {
        struct guest slow = {'a', &left, 0, false};
        n_order = 0;
        fair_mutex_lock(&left);
        struct lab_thread *riser = waits(&slow);
        lab_close(riser, LAB_DOOR_RETURN);
        fair_mutex_unlock(&left);
        int got = 0;
        while (got < 20 && fair_mutex_try_lock(&left)) {
            got++;
            fair_mutex_unlock(&left);
        }
        lab_open(riser, LAB_DOOR_RETURN);
        lab_join(riser);
        cr_assert_leq(got, 3, "round %d: overtaken %d times", round, got);
    }
}

/* With barging a waiter gives up although the mutex went from hand to hand before its eyes. */
Test(hidden, barged_past_and_given_up) {
    fair_mutex_init(&left, FAIR_BARGING);
    struct guest hasty = {'a', &left, clock_now_ns() + SECOND_NS, false},
                 patient = {'b', &left, 0, false};
    fair_mutex_lock(&left);
    struct lab_thread *one = waits(&hasty), *two = waits(&patient);
    lab_close(one, LAB_DOOR_RETURN);
    fair_mutex_unlock(&left);
    cr_assert(fair_mutex_try_lock(&left), "a free mutex is taken, though two wait");
    lab_advance_ns(SECOND_NS);
    lab_open(one, LAB_DOOR_RETURN);
    lab_join(one);
    cr_assert_not(hasty.got, "it was held when the deadline came");
    cr_assert(lab_await_asleep(two), "the second waits on");
    fair_mutex_unlock(&left);
    lab_join(two);
    cr_assert(patient.got, "and is not forgotten");
}
