/* tests.c - what a mutex promises, as tests that make their own luck.
 *
 * The lab (lab.h) tells who sleeps, holds threads at the doors of the futex, and moves the clock.
 * So nothing here waits "long enough", and each test ends the same way every time. The tests know
 * mutex.h and nothing else: whatever keeps that contract passes.
 */
#define _DEFAULT_SOURCE
#include <criterion/criterion.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "clock.h"
#include "lab.h"
#include "mutex.h"

#define MS_NS     UINT64_C(1000000)
#define SECOND_NS (1000 * MS_NS)

/* A gate of the test's own, at which threads sleep. It orders nothing: what a thread sees behind
 * it, it sees by the mutex. */
static void gate_pass(futex_word *gate) {
    /* Relaxed: see above. */
    while (!atomic_load_explicit(gate, memory_order_relaxed)) futex_wait(gate, 0);
}

static void gate_open(futex_word *gate) {
    atomic_store_explicit(gate, 1, memory_order_relaxed); /* orders nothing, see above */
    futex_wake(gate, UINT32_MAX);
}

/* Somebody who takes a mutex, stays for a while, and lets it go. */
struct visitor {
    struct mutex *mutex;
    uint64_t deadline_ns; /* for visit_until */
    futex_word *gate;     /* passed while the mutex is held; NULL: at once */
    bool got;             /* did it get the mutex? read after lab_join */
};

static void stay_and_leave(struct visitor *visitor) {
    visitor->got = true;
    if (visitor->gate) gate_pass(visitor->gate);
    mutex_unlock(visitor->mutex);
}

static void visit(void *argument) {
    struct visitor *visitor = argument;
    mutex_lock(visitor->mutex);
    stay_and_leave(visitor);
}

static void visit_by_try_lock(void *argument) {
    struct visitor *visitor = argument;
    if (mutex_try_lock(visitor->mutex)) stay_and_leave(visitor);
}

static void visit_until(void *argument) {
    struct visitor *visitor = argument;
    if (mutex_lock_until(visitor->mutex, visitor->deadline_ns)) stay_and_leave(visitor);
}

/* A visitor that sleeps for the mutex when this returns. */
static struct lab_thread *sleeping(void (*body)(void *), struct visitor *visitor) {
    struct lab_thread *thread = lab_start(body, visitor);
    cr_assert(lab_await_asleep(thread), "a thread that cannot get the mutex sleeps");
    return thread;
}

/* A visitor that stands on the threshold of its sleep: it has looked, and does not sleep yet. */
static struct lab_thread *about_to_sleep(void (*body)(void *), struct visitor *visitor) {
    lab_close(NULL, LAB_DOOR_WAIT);
    struct lab_thread *thread = lab_start(body, visitor);
    cr_assert(lab_await_at(thread, LAB_DOOR_WAIT), "a thread that cannot get the mutex sleeps");
    return thread;
}

#define PLACES_OF_A_WAITER 20000 /* that does not sleep: so many, and it is not done */

/* Does the thread that was just started wait, be it asleep or spinning? False: it has finished. A
 * thread that does not wait is done within fewer places. */
static bool waits(struct lab_thread *thread, uint64_t sleeps_before) {
    while (!lab_finished(thread)) {
        if (lab_tally().sleeps > sleeps_before || lab_places(thread) > PLACES_OF_A_WAITER)
            return true;
        sched_yield();
    }
    return false;
}

/* --- STEP 1: take it or leave it ------------------------------------------------------------- */

Test(mutex, starts_unlocked) {
    struct mutex fresh = MUTEX_INIT, zeroed;
    memset(&zeroed, 0, sizeof zeroed);
    cr_assert(mutex_try_lock(&fresh), "MUTEX_INIT is a free mutex");
    cr_assert(mutex_try_lock(&zeroed), "zero bytes are a free mutex");
}

Test(mutex, try_lock_refuses_a_held_mutex) {
    struct mutex mutex = MUTEX_INIT;
    struct visitor other = {.mutex = &mutex};
    cr_assert(mutex_try_lock(&mutex), "a free mutex can be taken");
    cr_assert_not(mutex_try_lock(&mutex), "the mutex is not recursive: its holder is told false");
    lab_join(lab_start(visit_by_try_lock, &other));
    cr_assert_not(other.got, "another thread is told false while the mutex is held");
}

Test(mutex, unlock_makes_it_free_again) {
    struct mutex mutex = MUTEX_INIT;
    struct visitor other = {.mutex = &mutex};
    for (int times = 0; times < 3; times++) {
        cr_assert(mutex_try_lock(&mutex), "a free mutex can be taken");
        mutex_unlock(&mutex);
    }
    lab_join(lab_start(visit_by_try_lock, &other));
    cr_assert(other.got, "an unlocked mutex can be taken by another thread");
}

Test(mutex, unlock_of_a_free_mutex_panics) {
    struct mutex mutex = MUTEX_INIT;
    lab_expect_panic("mutex_unlock");
    mutex_unlock(&mutex);
}

Test(mutex, unlocking_twice_panics) {
    struct mutex mutex = MUTEX_INIT;
    cr_assert(mutex_try_lock(&mutex), "a free mutex can be taken");
    mutex_unlock(&mutex);
    lab_expect_panic("mutex_unlock");
    mutex_unlock(&mutex);
}

/* --- STEP 2: wait without a storm ------------------------------------------------------------ */

Test(mutex, lock_takes_a_free_mutex) {
    struct mutex mutex = MUTEX_INIT;
    mutex_lock(&mutex);
    cr_assert_not(mutex_try_lock(&mutex), "a locked mutex is held");
    mutex_unlock(&mutex);
    cr_assert(mutex_try_lock(&mutex), "an unlocked mutex is free");
}

Test(mutex, lock_waits_while_it_is_held) {
    struct mutex mutex = MUTEX_INIT;
    struct visitor visitor = {.mutex = &mutex};
    mutex_lock(&mutex);
    struct lab_thread *waiter = lab_start(visit, &visitor);
    cr_assert(waits(waiter, 0), "mutex_lock does not return while another thread holds the mutex");
    mutex_unlock(&mutex);
    lab_join(waiter);
    cr_assert(visitor.got, "mutex_lock returns once the mutex is free");
}

Test(mutex, makes_no_system_call_when_nobody_waits) {
    struct mutex mutex = MUTEX_INIT;
    for (int times = 0; times < 100; times++) {
        mutex_lock(&mutex);
        cr_assert_not(mutex_try_lock(&mutex), "a locked mutex is held");
        mutex_unlock(&mutex);
    }
    struct lab_tally tally = lab_tally();
    cr_assert_eq(tally.waits, 0, "a free mutex is taken without futex_wait");
    cr_assert_eq(tally.wakes, 0, "a mutex that nobody waits for is unlocked without futex_wake");
}

/* Four threads that all begin while the mutex is held, so that even the luckiest schedule has
 * contention. */
#define CROWD      4
#define INCREMENTS 1000

struct crowd {
    struct mutex mutex;
    int counter; /* guarded by mutex */
};

static void count_up(void *argument) {
    struct crowd *crowd = argument;
    for (int times = 0; times < INCREMENTS; times++) {
        mutex_lock(&crowd->mutex);
        crowd->counter++;
        mutex_unlock(&crowd->mutex);
    }
}

Test(mutex, counts_every_increment_of_a_crowd) {
    struct crowd crowd = {.mutex = MUTEX_INIT};
    struct lab_thread *threads[CROWD];
    mutex_lock(&crowd.mutex);
    for (int n = 0; n < CROWD; n++) {
        uint64_t sleeps = lab_tally().sleeps;
        threads[n] = lab_start(count_up, &crowd);
        cr_assert(waits(threads[n], sleeps), "nobody gets in while the mutex is held");
    }
    mutex_unlock(&crowd.mutex);
    for (int n = 0; n < CROWD; n++) lab_join(threads[n]);
    cr_assert_eq(crowd.counter, CROWD * INCREMENTS, "no increment is lost");
}

/* --- STEP 3: sleep instead of spinning ------------------------------------------------------- */

Test(mutex, waiter_sleeps_and_unlock_wakes_it) {
    struct mutex mutex = MUTEX_INIT;
    struct visitor visitor = {.mutex = &mutex};
    mutex_lock(&mutex);
    struct lab_thread *waiter = sleeping(visit, &visitor);
    mutex_unlock(&mutex);
    lab_join(waiter);
    cr_assert(visitor.got, "the sleeper wakes and gets the mutex");
}

Test(mutex, every_sleeper_gets_its_turn) {
    struct mutex mutex = MUTEX_INIT;
    struct visitor visitors[3] = {{.mutex = &mutex}, {.mutex = &mutex}, {.mutex = &mutex}};
    struct lab_thread *waiters[3];
    mutex_lock(&mutex);
    for (int n = 0; n < 3; n++) waiters[n] = sleeping(visit, &visitors[n]);
    mutex_unlock(&mutex);
    for (int n = 0; n < 3; n++) lab_join(waiters[n]);
    cr_assert(mutex_try_lock(&mutex), "the last one leaves the mutex free");
}

Test(mutex, unlock_wakes_one_sleeper_and_no_more) {
    struct mutex mutex = MUTEX_INIT;
    futex_word gate = 0;
    struct visitor visitors[4];
    struct lab_thread *waiters[4];
    mutex_lock(&mutex);
    for (int n = 0; n < 4; n++) {
        visitors[n] = (struct visitor){.mutex = &mutex, .gate = &gate};
        waiters[n] = sleeping(visit, &visitors[n]);
    }
    lab_forget();
    mutex_unlock(&mutex);
    /* Whoever got the mutex stands at the gate and holds it: no further unlock has been. */
    cr_assert_eq(lab_tally().woken, 1, "one unlock wakes one of four sleepers");
    gate_open(&gate);
    for (int n = 0; n < 4; n++) lab_join(waiters[n]);
}

Test(mutex, wakeup_before_the_sleep_is_not_lost) {
    struct mutex mutex = MUTEX_INIT;
    struct visitor visitor = {.mutex = &mutex};
    mutex_lock(&mutex);
    struct lab_thread *waiter = about_to_sleep(visit, &visitor);
    mutex_unlock(&mutex);
    lab_open(waiter, LAB_DOOR_WAIT);
    lab_join(waiter);
    cr_assert(visitor.got, "who was about to sleep sees that the mutex is free");
}

Test(mutex, sleeper_woken_for_no_reason_sleeps_on) {
    struct mutex mutex = MUTEX_INIT;
    struct visitor visitor = {.mutex = &mutex};
    mutex_lock(&mutex);
    struct lab_thread *waiter = sleeping(visit, &visitor);
    for (int times = 0; times < 3; times++) {
        cr_assert(lab_interrupt(waiter), "the waiter sleeps");
        cr_assert(lab_await_asleep(waiter), "nobody unlocked, so the waiter goes back to sleep");
    }
    mutex_unlock(&mutex);
    lab_join(waiter);
    cr_assert(visitor.got, "and it is woken when the mutex is free");
}

/* An unlock has freed the mutex, and is about to wake a sleeper; another thread is quicker. Where
 * the design hands the mutex to the sleeper instead, there is nobody to be quick, and that is fine
 * too. */
Test(mutex, overtaken_sleeper_sleeps_again_and_is_not_forgotten) {
    struct mutex mutex = MUTEX_INIT;
    futex_word gate = 0;
    struct visitor holder = {.mutex = &mutex, .gate = &gate};
    struct visitor visitors[2] = {{.mutex = &mutex}, {.mutex = &mutex}};
    struct lab_thread *unlocker = sleeping(visit, &holder); /* at its gate, with the mutex */
    struct lab_thread *first = sleeping(visit, &visitors[0]);
    struct lab_thread *second = sleeping(visit, &visitors[1]);
    lab_close(unlocker, LAB_DOOR_WAKE);
    gate_open(&gate);
    cr_assert(lab_await_at(unlocker, LAB_DOOR_WAKE), "an unlock with sleepers wakes one");
    bool overtook = mutex_try_lock(&mutex);
    lab_open(unlocker, LAB_DOOR_WAKE);
    lab_join(unlocker);
    if (overtook) {
        cr_assert(lab_await_asleep(first), "the woken one finds the mutex taken, and sleeps again");
        mutex_unlock(&mutex);
    }
    lab_join(first);
    lab_join(second);
}

Test(mutex, try_lock_never_waits) {
    struct mutex mutex = MUTEX_INIT;
    struct visitor visitor = {.mutex = &mutex}, hasty = {.mutex = &mutex};
    mutex_lock(&mutex);
    struct lab_thread *early = lab_start(visit_by_try_lock, &hasty);
    cr_assert_not(lab_await_asleep(early), "mutex_try_lock returns at once from a held mutex");
    lab_join(early);
    struct lab_thread *waiter = sleeping(visit, &visitor);
    lab_forget();
    struct lab_thread *late = lab_start(visit_by_try_lock, &hasty);
    cr_assert_not(lab_await_asleep(late), "nor does it line up behind a sleeper");
    lab_join(late);
    cr_assert_not(hasty.got, "a held mutex is not taken");
    cr_assert_eq(lab_tally().waits + lab_tally().wakes, 0, "mutex_try_lock makes no system call");
    mutex_unlock(&mutex);
    lab_join(waiter);
}

Test(mutex, is_quiet_again_after_contention) {
    struct mutex mutex = MUTEX_INIT;
    struct visitor visitors[2] = {{.mutex = &mutex}, {.mutex = &mutex}};
    mutex_lock(&mutex);
    struct lab_thread *first = sleeping(visit, &visitors[0]);
    struct lab_thread *second = sleeping(visit, &visitors[1]);
    mutex_unlock(&mutex);
    lab_join(first);
    lab_join(second);
    lab_forget();
    for (int times = 0; times < 10; times++) {
        mutex_lock(&mutex);
        mutex_unlock(&mutex);
    }
    cr_assert_eq(lab_tally().waits + lab_tally().wakes, 0, "nobody waits, so nobody is woken");
}

/* The unlocker has freed the mutex, and has still to wake the sleeper. The sleeper wakes by itself,
 * takes the mutex, lets it go, and has its memory taken away: the unlocker must not look. */
Test(mutex, unlock_leaves_the_memory_alone_once_it_is_free) {
    struct mutex *mutex = mmap(NULL, (size_t)sysconf(_SC_PAGESIZE), PROT_READ | PROT_WRITE,
                               MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    cr_assert_neq(mutex, MAP_FAILED, "the test gets a page of its own");
    futex_word gate = 0;
    struct visitor holder = {.mutex = mutex, .gate = &gate}, heir = {.mutex = mutex};
    struct lab_thread *unlocker = sleeping(visit, &holder); /* at its gate, with the mutex */
    struct lab_thread *waiter = sleeping(visit, &heir);
    lab_close(unlocker, LAB_DOOR_WAKE);
    gate_open(&gate);
    cr_assert(lab_await_at(unlocker, LAB_DOOR_WAKE), "an unlock with sleepers wakes one");
    cr_assert(lab_interrupt(waiter), "the waiter sleeps");
    lab_join(waiter);
    cr_assert_eq(mprotect(mutex, (size_t)sysconf(_SC_PAGESIZE), PROT_NONE), 0, "the page goes");
    lab_open(unlocker, LAB_DOOR_WAKE);
    lab_join(unlocker);
}

/* Main writes while the other sleeps: only the slow path of the mutex can order the two. (Nothing
 * to see here without a tool that knows happens-before.) */
struct letter {
    struct mutex mutex;
    int text; /* guarded by mutex */
    int read;
};

static void read_letter(void *argument) {
    struct letter *letter = argument;
    mutex_lock(&letter->mutex);
    letter->read = letter->text;
    mutex_unlock(&letter->mutex);
}

Test(mutex, sleeper_sees_what_the_holder_wrote) {
    static struct letter letter; /* clang 14 does not show ThreadSanitizer the fields of a local */
    mutex_lock(&letter.mutex);
    struct lab_thread *reader = lab_start(read_letter, &letter);
    cr_assert(lab_await_asleep(reader), "a thread that cannot get the mutex sleeps");
    letter.text = 42;
    mutex_unlock(&letter.mutex);
    lab_join(reader);
    cr_assert_eq(letter.read, 42, "what was written under the mutex is seen under it");
}

/* --- STEP 4: give up at a deadline ----------------------------------------------------------- */

Test(mutex, lock_until_takes_a_free_mutex_even_late) {
    struct mutex mutex = MUTEX_INIT;
    uint64_t deadlines[] = {clock_now_ns() + SECOND_NS, FUTEX_FOREVER, clock_now_ns(), 0};
    for (size_t n = 0; n < sizeof deadlines / sizeof deadlines[0]; n++) {
        cr_assert(mutex_lock_until(&mutex, deadlines[n]), "a free mutex is taken, early or late");
        cr_assert_not(mutex_try_lock(&mutex), "and is held then");
        mutex_unlock(&mutex);
    }
    cr_assert_eq(lab_tally().waits + lab_tally().wakes, 0, "without a system call");
}

Test(mutex, lock_until_in_the_past_is_one_attempt) {
    struct mutex mutex = MUTEX_INIT;
    lab_advance_ns(SECOND_NS);
    uint64_t deadlines[] = {clock_now_ns(), clock_now_ns() - 1, 0};
    mutex_lock(&mutex);
    for (size_t n = 0; n < sizeof deadlines / sizeof deadlines[0]; n++) {
        struct visitor late = {.mutex = &mutex, .deadline_ns = deadlines[n]};
        struct lab_thread *thread = lab_start(visit_until, &late);
        cr_assert_not(lab_await_asleep(thread), "a deadline that has passed is not waited for");
        lab_join(thread);
        cr_assert_not(late.got, "a held mutex is not taken");
    }
    cr_assert_eq(lab_tally().sleeps, 0, "nobody slept");
}

Test(mutex, lock_until_gives_up_at_its_deadline_and_not_before) {
    struct mutex mutex = MUTEX_INIT;
    uint64_t deadline_ns = clock_now_ns() + SECOND_NS;
    struct visitor visitor = {.mutex = &mutex, .deadline_ns = deadline_ns};
    mutex_lock(&mutex);
    struct lab_thread *waiter = sleeping(visit_until, &visitor);
    lab_advance_ns(SECOND_NS - 1);
    cr_assert(lab_await_asleep(waiter), "one nanosecond before the deadline it still waits");
    lab_advance_ns(1);
    lab_join(waiter);
    cr_assert_not(visitor.got, "the mutex was held all the time");
    cr_assert_eq(clock_now_ns(), deadline_ns, "it gives up at the deadline, not later");
}

Test(mutex, lock_until_is_woken_before_its_deadline) {
    struct mutex mutex = MUTEX_INIT;
    uint64_t before = clock_now_ns();
    struct visitor visitor = {.mutex = &mutex, .deadline_ns = before + SECOND_NS};
    mutex_lock(&mutex);
    struct lab_thread *waiter = sleeping(visit_until, &visitor);
    mutex_unlock(&mutex);
    lab_join(waiter);
    cr_assert(visitor.got, "the sleeper gets the mutex");
    cr_assert_eq(clock_now_ns(), before, "when it is unlocked, not when the time is over");
}

Test(mutex, lock_until_keeps_its_deadline_when_woken_for_no_reason) {
    struct mutex mutex = MUTEX_INIT;
    uint64_t deadline_ns = clock_now_ns() + SECOND_NS;
    struct visitor visitor = {.mutex = &mutex, .deadline_ns = deadline_ns};
    mutex_lock(&mutex);
    struct lab_thread *waiter = sleeping(visit_until, &visitor);
    lab_advance_ns(SECOND_NS / 2);
    cr_assert(lab_interrupt(waiter), "the waiter sleeps");
    cr_assert(lab_await_asleep(waiter), "half of the time is left, so it sleeps on");
    lab_advance_ns(SECOND_NS / 2);
    lab_join(waiter);
    cr_assert_not(visitor.got, "the mutex was held all the time");
    cr_assert_eq(clock_now_ns(), deadline_ns, "the deadline is a moment, not a duration");
}

Test(mutex, lock_until_does_not_take_a_change_for_its_deadline) {
    struct mutex mutex = MUTEX_INIT;
    struct visitor visitor = {.mutex = &mutex, .deadline_ns = clock_now_ns() + SECOND_NS};
    mutex_lock(&mutex);
    struct lab_thread *waiter = about_to_sleep(visit_until, &visitor);
    mutex_unlock(&mutex);
    lab_open(waiter, LAB_DOOR_WAIT);
    lab_join(waiter);
    cr_assert(visitor.got, "the mutex became free before the deadline");
}

Test(mutex, giving_up_does_not_hide_the_other_sleepers) {
    struct mutex mutex = MUTEX_INIT;
    struct visitor hasty = {.mutex = &mutex, .deadline_ns = clock_now_ns() + SECOND_NS};
    struct visitor patient = {.mutex = &mutex};
    mutex_lock(&mutex);
    struct lab_thread *first = sleeping(visit_until, &hasty);
    struct lab_thread *second = sleeping(visit, &patient);
    lab_advance_ns(SECOND_NS);
    lab_join(first);
    cr_assert_not(hasty.got, "the first gave up");
    mutex_unlock(&mutex);
    lab_join(second);
    cr_assert(patient.got, "the second is woken all the same");
}

Test(mutex, giving_up_leaves_the_mutex_usable) {
    struct mutex mutex = MUTEX_INIT;
    struct visitor visitor = {.mutex = &mutex, .deadline_ns = clock_now_ns() + SECOND_NS};
    struct visitor next = {.mutex = &mutex};
    mutex_lock(&mutex);
    lab_join(sleeping(visit_until, &visitor)); /* all sleep: the clock jumps to the deadline */
    cr_assert_not(visitor.got, "the mutex was held all the time");
    cr_assert_not(mutex_try_lock(&mutex), "its holder holds it still");
    mutex_unlock(&mutex);
    cr_assert(mutex_try_lock(&mutex), "it can be taken");
    struct lab_thread *waiter = sleeping(visit, &next);
    mutex_unlock(&mutex);
    lab_join(waiter);
    lab_forget();
    mutex_lock(&mutex);
    mutex_unlock(&mutex);
    cr_assert_eq(lab_tally().wakes, 0, "nobody waits any more, so nobody is woken");
}

/* --- STEP 5: leave a warning behind ---------------------------------------------------------- */

struct inspector {
    struct mutex *mutex;
    bool poisoned;
};

static void inspect(void *argument) {
    struct inspector *inspector = argument;
    mutex_lock(inspector->mutex);
    inspector->poisoned = mutex_is_poisoned(inspector->mutex);
    mutex_unlock(inspector->mutex);
}

Test(mutex, poison_is_seen_by_later_holders_until_it_is_cleared) {
    struct mutex mutex = MUTEX_INIT;
    struct inspector inspector = {.mutex = &mutex};
    cr_assert_not(mutex_is_poisoned(&mutex), "MUTEX_INIT is healthy");
    mutex_lock(&mutex);
    mutex_poison(&mutex);
    cr_assert(mutex_is_poisoned(&mutex), "the holder sees its own mark");
    mutex_unlock(&mutex);
    for (int times = 0; times < 2; times++) {
        lab_join(lab_start(inspect, &inspector));
        cr_assert(inspector.poisoned, "each later holder sees the mark");
    }
    mutex_lock(&mutex);
    mutex_clear_poison(&mutex);
    mutex_unlock(&mutex);
    lab_join(lab_start(inspect, &inspector));
    cr_assert_not(inspector.poisoned, "the mark is gone once a holder took it away");
}

Test(mutex, poison_reaches_a_sleeper) {
    struct mutex mutex = MUTEX_INIT;
    struct inspector inspector = {.mutex = &mutex};
    mutex_lock(&mutex);
    struct lab_thread *waiter = lab_start(inspect, &inspector);
    cr_assert(lab_await_asleep(waiter), "a thread that cannot get the mutex sleeps");
    mutex_poison(&mutex);
    mutex_unlock(&mutex);
    lab_join(waiter);
    cr_assert(inspector.poisoned, "the mark was set before the sleeper got the mutex");
}

Test(mutex, poisoned_mutex_works_on) {
    struct mutex mutex = MUTEX_INIT, healthy = MUTEX_INIT;
    struct visitor visitor = {.mutex = &mutex}, hasty = {.mutex = &mutex};
    cr_assert(mutex_try_lock(&mutex), "a free mutex can be taken");
    mutex_poison(&mutex);
    cr_assert_not(mutex_try_lock(&mutex), "a poisoned mutex is held as any other");
    struct lab_thread *waiter = sleeping(visit, &visitor);
    mutex_unlock(&mutex);
    lab_join(waiter);
    lab_join(lab_start(visit_by_try_lock, &hasty));
    cr_assert(hasty.got, "a poisoned mutex can be taken");
    cr_assert(mutex_lock_until(&mutex, 0), "by each of the three ways");
    cr_assert(mutex_is_poisoned(&mutex), "and keeps its mark");
    cr_assert_not(mutex_is_poisoned(&healthy), "which is no other mutex's");
}
