/* hidden_tests.c - the same promises as tests.c, in sequences that its reader has not seen. */
#include <criterion/criterion.h>

#include "clock.h"
#include "lab.h"
#include "mutex.h"

#define SECOND_NS UINT64_C(1000000000)

/* Somebody who takes the mutex, notes it, and lets it go. */
struct guest {
    struct mutex *mutex;
    uint64_t deadline_ns; /* for visit_until */
    bool got;             /* read after lab_join */
};

static void visit(void *argument) {
    struct guest *guest = argument;
    mutex_lock(guest->mutex);
    guest->got = true;
    mutex_unlock(guest->mutex);
}

static void visit_until(void *argument) {
    struct guest *guest = argument;
    if (!mutex_lock_until(guest->mutex, guest->deadline_ns)) return;
    guest->got = true;
    mutex_unlock(guest->mutex);
}

static struct lab_thread *asleep(void (*body)(void *), struct guest *guest) {
    struct lab_thread *thread = lab_start(body, guest);
    cr_assert(lab_await_asleep(thread), "a thread that cannot get the mutex sleeps");
    return thread;
}

Test(hidden, two_mutexes_do_not_mix) {
    struct mutex left = MUTEX_INIT, right = MUTEX_INIT;
    struct guest at_left = {.mutex = &left}, at_right = {.mutex = &right};
    mutex_lock(&left);
    mutex_lock(&right);
    struct lab_thread *one = asleep(visit, &at_left), *other = asleep(visit, &at_right);
    mutex_unlock(&left);
    lab_join(one);
    cr_assert(lab_await_asleep(other), "the other mutex is still held");
    mutex_unlock(&right);
    lab_join(other);
    cr_assert(at_left.got && at_right.got, "each gets its own mutex");
}

Test(hidden, survives_a_shower_of_spurious_wakeups) {
    struct mutex mutex = MUTEX_INIT;
    struct guest first = {.mutex = &mutex}, second = {.mutex = &mutex};
    mutex_lock(&mutex);
    lab_make_spurious(50);
    struct lab_thread *one = asleep(visit, &first), *two = asleep(visit, &second);
    cr_assert(lab_interrupt(two) && lab_interrupt(one), "both sleep");
    cr_assert(lab_await_asleep(one) && lab_await_asleep(two), "and sleep again: it is held");
    mutex_unlock(&mutex);
    lab_join(one);
    lab_join(two);
}

/* The first sleeper is woken and kept from rising; the mutex changes hands meanwhile. */
Test(hidden, slow_riser_is_not_forgotten) {
    struct mutex mutex = MUTEX_INIT;
    struct guest slow = {.mutex = &mutex};
    mutex_lock(&mutex);
    struct lab_thread *riser = asleep(visit, &slow);
    lab_close(riser, LAB_DOOR_RETURN);
    mutex_unlock(&mutex);
    cr_assert(lab_await_at(riser, LAB_DOOR_RETURN), "the unlock wakes the sleeper");
    bool overtook = mutex_try_lock(&mutex);
    lab_open(riser, LAB_DOOR_RETURN);
    if (overtook) {
        cr_assert(lab_await_asleep(riser), "it finds the mutex taken, and sleeps again");
        mutex_unlock(&mutex);
    }
    lab_join(riser);
    cr_assert(slow.got, "and gets its turn");
}

Test(hidden, late_sleeper_beside_a_slow_riser_is_woken) {
    struct mutex mutex = MUTEX_INIT;
    struct guest slow = {.mutex = &mutex}, late = {.mutex = &mutex};
    mutex_lock(&mutex);
    struct lab_thread *riser = asleep(visit, &slow);
    lab_close(riser, LAB_DOOR_RETURN);
    mutex_unlock(&mutex);
    cr_assert(lab_await_at(riser, LAB_DOOR_RETURN), "the unlock wakes the sleeper");
    if (mutex_try_lock(&mutex)) {
        struct lab_thread *sleeper = asleep(visit, &late);
        mutex_unlock(&mutex);
        lab_open(riser, LAB_DOOR_RETURN);
        lab_join(sleeper);
    } else {
        lab_open(riser, LAB_DOOR_RETURN); /* the mutex was handed to the riser */
    }
    lab_join(riser);
}

Test(hidden, a_wakeup_is_not_swallowed_at_the_deadline) {
    struct mutex mutex = MUTEX_INIT;
    struct guest hasty = {.mutex = &mutex, .deadline_ns = clock_now_ns() + SECOND_NS};
    struct guest patient = {.mutex = &mutex};
    mutex_lock(&mutex);
    struct lab_thread *first = asleep(visit_until, &hasty), *second = asleep(visit, &patient);
    lab_close(first, LAB_DOOR_RETURN);
    mutex_unlock(&mutex);
    cr_assert(lab_await_at(first, LAB_DOOR_RETURN), "the longest sleeper is woken");
    bool overtook = mutex_try_lock(&mutex);
    lab_advance_ns(2 * SECOND_NS);
    lab_open(first, LAB_DOOR_RETURN);
    lab_join(first);
    if (overtook) mutex_unlock(&mutex);
    lab_join(second); /* a wakeup that `first` took away with it would be a deadlock here */
    cr_assert(patient.got, "the patient one gets in");
}

Test(hidden, patient_and_hasty_both_get_in) {
    struct mutex mutex = MUTEX_INIT;
    struct guest patient = {.mutex = &mutex};
    struct guest hasty = {.mutex = &mutex, .deadline_ns = clock_now_ns() + SECOND_NS};
    mutex_lock(&mutex);
    struct lab_thread *one = asleep(visit, &patient), *two = asleep(visit_until, &hasty);
    lab_advance_ns(SECOND_NS / 2);
    mutex_unlock(&mutex);
    lab_join(two);
    lab_join(one);
    cr_assert(patient.got && hasty.got, "both got in before the deadline");
}

Test(hidden, poison_outlives_a_crowd) {
    struct mutex mutex = MUTEX_INIT;
    struct guest patient = {.mutex = &mutex};
    struct guest hasty = {.mutex = &mutex, .deadline_ns = clock_now_ns() + SECOND_NS};
    mutex_lock(&mutex);
    mutex_poison(&mutex);
    struct lab_thread *one = asleep(visit_until, &hasty), *two = asleep(visit, &patient);
    lab_advance_ns(SECOND_NS);
    mutex_unlock(&mutex);
    lab_join(one);
    lab_join(two);
    cr_assert(mutex_try_lock(&mutex) && mutex_is_poisoned(&mutex), "the mark is still there");
    mutex_clear_poison(&mutex);
    cr_assert_not(mutex_is_poisoned(&mutex), "until a holder takes it away");
}
