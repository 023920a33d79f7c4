/* tests.c - what a fair mutex promises, as tests that make their own luck.
 *
 * The lab (lab.h) tells who sleeps, holds threads at the doors of the futex, and moves the clock. The
 * tests know fair_mutex.h and nothing else: whatever keeps that contract passes.
 */
#define _DEFAULT_SOURCE
#include <criterion/criterion.h>
#include <sys/mman.h>
#include <unistd.h>

#include "clock.h"
#include "fair_mutex.h"
#include "lab.h"

#define SECOND_NS UINT64_C(1000000000)

static struct fair_mutex mutex;

/* What each kind of fairness must keep alike. */
static const unsigned kinds[] = {FAIR_BARGING, 3, FAIR_FIFO};
#define FOR_EACH_KIND(kind_) for (const unsigned *kind_ = kinds; kind_ != kinds + 3; kind_++)

/* Who got the mutex, in this order. Guarded by the mutex. */
static char order[80];
static size_t n_order;

static void begin(unsigned bypass) {
    fair_mutex_init(&mutex, bypass);
    n_order = 0;
    lab_forget();
}

/* A gate of the test's own, at which threads sleep. It orders nothing: what a thread sees behind it,
 * it sees by the mutex. */
static void gate_pass(futex_word *gate) {
    /* Relaxed: see above. */
    while (!atomic_load_explicit(gate, memory_order_relaxed)) futex_wait(gate, 0);
}
static void gate_open(futex_word *gate) {
    atomic_store_explicit(gate, 1, memory_order_relaxed); /* orders nothing, see above */
    futex_wake(gate, UINT32_MAX);
}

/* Somebody who takes the mutex, signs, stays for a while, and lets it go. */
struct visitor {
    char name;
    uint64_t deadline_ns; /* for visit_until */
    futex_word *gate;     /* passed while the mutex is held; NULL: at once */
    bool got;             /* did it get the mutex? read after lab_join */
};

static void stay_and_leave(struct visitor *visitor) {
    visitor->got = true;
    order[n_order++] = visitor->name;
    if (visitor->gate) gate_pass(visitor->gate);
    fair_mutex_unlock(&mutex);
}
static void visit(void *argument) {
    fair_mutex_lock(&mutex);
    stay_and_leave(argument);
}
static void visit_by_try_lock(void *argument) {
    if (fair_mutex_try_lock(&mutex)) stay_and_leave(argument);
}
static void visit_until(void *argument) {
    struct visitor *visitor = argument;
    if (fair_mutex_lock_until(&mutex, visitor->deadline_ns)) stay_and_leave(visitor);
}

/* A visitor that sleeps for the mutex when this returns. */
static struct lab_thread *sleeping(void (*body)(void *), struct visitor *visitor) {
    struct lab_thread *thread = lab_start(body, visitor);
    cr_assert(lab_await_asleep(thread), "a thread that cannot get the mutex sleeps");
    return thread;
}

static bool can_be_taken(void) {
    struct visitor visitor = {.name = '?'};
    lab_join(lab_start(visit_by_try_lock, &visitor));
    return visitor.got;
}

/* --- STEP 1: one at a time, and asleep ------------------------------------------------------- */

Test(fair, one_at_a_time) {
    FOR_EACH_KIND(kind) {
        begin(*kind);
        for (int times = 0; times < 3; times++) {
            cr_assert(fair_mutex_try_lock(&mutex), "a free mutex can be taken");
            cr_assert_not(fair_mutex_try_lock(&mutex), "not twice: it is not recursive");
            cr_assert_not(can_be_taken(), "nor by another thread");
            fair_mutex_unlock(&mutex);
            cr_assert(can_be_taken(), "an unlocked mutex can be taken by any thread");
            fair_mutex_lock(&mutex);
            cr_assert_not(can_be_taken(), "and whoever locks it holds it");
            fair_mutex_unlock(&mutex);
        }
    }
}

Test(fair, makes_no_system_call_when_nobody_waits) {
    FOR_EACH_KIND(kind) {
        begin(*kind);
        for (int times = 0; times < 300;
             times++) { /* more than any counter in a word has bits for */
            fair_mutex_lock(&mutex);
            fair_mutex_unlock(&mutex);
        }
        cr_assert_eq(lab_tally().waits + lab_tally().wakes, 0,
                     "the kernel hears of contention only");
    }
}

Test(fair, waiter_sleeps_and_unlock_wakes_it) {
    FOR_EACH_KIND(kind) {
        begin(*kind);
        struct visitor visitor = {.name = 'a'};
        fair_mutex_lock(&mutex);
        struct lab_thread *waiter = sleeping(visit, &visitor);
        cr_assert(lab_interrupt(waiter), "it sleeps");
        cr_assert(lab_await_asleep(waiter), "and sleeps on when it is woken for no reason");
        fair_mutex_unlock(&mutex);
        lab_join(waiter);
        cr_assert(visitor.got, "it has had its turn");
    }
}

/* The unlock comes when the waiter has looked, and does not sleep yet. */
Test(fair, wakeup_before_the_sleep_is_not_lost) {
    FOR_EACH_KIND(kind) {
        begin(*kind);
        struct visitor visitor = {.name = 'a'};
        fair_mutex_lock(&mutex);
        lab_close(NULL, LAB_DOOR_WAIT);
        struct lab_thread *waiter = lab_start(visit, &visitor);
        cr_assert(lab_await_at(waiter, LAB_DOOR_WAIT), "a thread that cannot get the mutex sleeps");
        fair_mutex_unlock(&mutex);
        lab_open(waiter, LAB_DOOR_WAIT);
        lab_join(waiter);
        cr_assert(visitor.got, "it finds the mutex free");
    }
}

Test(fair, is_quiet_again_after_contention) {
    FOR_EACH_KIND(kind) {
        begin(*kind);
        struct visitor visitors[3] = {{.name = 'a'}, {.name = 'b'}, {.name = 'c'}};
        struct lab_thread *threads[3];
        fair_mutex_lock(&mutex);
        for (int n = 0; n < 3; n++) threads[n] = sleeping(visit, &visitors[n]);
        fair_mutex_unlock(&mutex);
        for (int n = 0; n < 3; n++) lab_join(threads[n]);
        lab_forget();
        fair_mutex_lock(&mutex);
        fair_mutex_unlock(&mutex);
        cr_assert_eq(lab_tally().waits + lab_tally().wakes, 0, "nobody waits, so nobody is woken");
    }
}

Test(fair, unlock_makes_one_call_and_wakes_one) {
    FOR_EACH_KIND(kind) {
        begin(*kind);
        futex_word gate = 0;
        struct visitor visitors[3] = {
            {'a', .gate = &gate}, {'b', .gate = &gate}, {'c', .gate = &gate}};
        struct lab_thread *threads[3];
        fair_mutex_lock(&mutex);
        for (int n = 0; n < 3; n++) threads[n] = sleeping(visit, &visitors[n]);
        for (int n = 0; n < 3; n++) lab_close(threads[n], LAB_DOOR_RETURN);
        lab_forget();
        fair_mutex_unlock(&mutex);
        cr_assert_eq(lab_tally().wakes, 1, "one call");
        cr_assert_eq(lab_tally().woken, 1, "for one thread, not for a herd");
        gate_open(&gate);
        for (int n = 0; n < 3; n++) lab_open(threads[n], LAB_DOOR_RETURN);
        for (int n = 0; n < 3; n++) lab_join(threads[n]);
    }
}

Test(fair, try_lock_never_waits) {
    FOR_EACH_KIND(kind) {
        begin(*kind);
        struct visitor visitor = {.name = 'a'};
        fair_mutex_lock(&mutex);
        struct lab_thread *waiter = sleeping(visit, &visitor);
        lab_forget();
        for (int times = 0; times < 3; times++) cr_assert_not(fair_mutex_try_lock(&mutex), "held");
        cr_assert_eq(lab_tally().waits + lab_tally().wakes, 0, "a try makes no system call");
        fair_mutex_unlock(&mutex);
        lab_join(waiter);
    }
}

static void use_mapped(void *mapped) {
    fair_mutex_lock(mapped);
    fair_mutex_unlock(mapped);
}
static void unlock_mapped(void *mapped) { fair_mutex_unlock(mapped); }

/* The unlocker has given up the mutex, and has still to wake the sleeper. The sleeper wakes by itself,
 * takes the mutex, lets it go, and has its memory taken away: the unlocker must not look. */
Test(fair, unlock_leaves_the_memory_alone_once_it_is_free) {
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    struct fair_mutex *mapped =
        mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    cr_assert_neq(mapped, MAP_FAILED, "the test gets a page of its own");
    FOR_EACH_KIND(kind) {
        cr_assert_eq(mprotect(mapped, page, PROT_READ | PROT_WRITE), 0, "the page is there");
        fair_mutex_init(mapped, *kind);
        fair_mutex_lock(mapped);
        struct lab_thread *waiter = lab_start(use_mapped, mapped);
        cr_assert(lab_await_asleep(waiter), "a thread that cannot get the mutex sleeps");
        lab_close(NULL, LAB_DOOR_WAKE);
        struct lab_thread *unlocker = lab_start(unlock_mapped, mapped);
        cr_assert(lab_await_at(unlocker, LAB_DOOR_WAKE), "an unlock with sleepers wakes one");
        cr_assert(lab_interrupt(waiter), "the waiter sleeps");
        lab_join(waiter);
        cr_assert_eq(mprotect(mapped, page, PROT_NONE), 0, "the page goes");
        lab_open(unlocker, LAB_DOOR_WAKE);
        lab_join(unlocker);
    }
}
Test(fair, unlock_of_a_free_mutex_panics) {
    begin(FAIR_FIFO);
    fair_mutex_lock(&mutex);
    fair_mutex_unlock(&mutex);
    lab_expect_panic("fair_mutex_unlock");
    fair_mutex_unlock(&mutex);
}

Test(fair, init_refuses_what_it_cannot_count) {
    begin(FAIR_BYPASS_MOST);
    cr_assert(can_be_taken(), "FAIR_BYPASS_MOST is allowed");
    lab_expect_panic("fair_mutex_init");
    fair_mutex_init(&mutex, FAIR_BYPASS_MOST + 1);
}

/* Barging, made: the sleeper is woken, and slow to rise. */
Test(fair, barging_lets_by_whoever_comes) {
    begin(FAIR_BARGING);
    struct visitor slow = {.name = 'a'};
    fair_mutex_lock(&mutex);
    struct lab_thread *riser = sleeping(visit, &slow);
    lab_close(riser, LAB_DOOR_RETURN);
    fair_mutex_unlock(&mutex);
    for (int times = 0; times < 300; times++) {
        cr_assert(fair_mutex_try_lock(&mutex), "a free mutex is taken, though somebody waits");
        fair_mutex_unlock(&mutex);
        fair_mutex_lock(&mutex);
        fair_mutex_unlock(&mutex);
    }
    lab_open(riser, LAB_DOOR_RETURN);
    lab_join(riser);
    cr_assert(slow.got, "and is not forgotten");
}

/* --- STEP 2: first come, first served -------------------------------------------------------- */

Test(fair, fifo_serves_in_the_order_of_coming) {
    begin(FAIR_FIFO);
    struct visitor visitors[6]; /* on the stack of this test, which outlives them */
    struct lab_thread *threads[6];
    fair_mutex_lock(&mutex);
    for (int n = 0; n < 6; n++) {
        visitors[n] = (struct visitor){.name = (char)('a' + n)};
        threads[n] = sleeping(visit, &visitors[n]);
    }
    fair_mutex_unlock(&mutex);
    for (int n = 0; n < 6; n++) lab_join(threads[n]);
    cr_assert_arr_eq(order, "abcdef", 6, "they came as abcdef, and were served as %.6s", order);
    cr_assert_leq(lab_tally().woken, 12, "nobody is woken more than twice");
}

/* The first is woken and kept from rising. Whoever comes meanwhile must wait behind it. */
Test(fair, fifo_lets_nobody_by) {
    begin(FAIR_FIFO);
    struct visitor slow = {.name = 'a'}, second = {.name = 'b'}, third = {.name = 'c'};
    fair_mutex_lock(&mutex);
    struct lab_thread *riser = sleeping(visit, &slow), *next = sleeping(visit, &second);
    lab_close(riser, LAB_DOOR_RETURN);
    fair_mutex_unlock(&mutex);
    cr_assert_not(fair_mutex_try_lock(&mutex), "a try does not overtake");
    struct lab_thread *last = sleeping(visit, &third);
    cr_assert(lab_await_asleep(next), "nor does the second");
    cr_assert_eq(n_order, 0, "nobody was inside");
    lab_open(riser, LAB_DOOR_RETURN);
    lab_join(riser);
    lab_join(next);
    lab_join(last);
    cr_assert_arr_eq(order, "abc", 3, "they came as abc, and were served as %.3s", order);
}

/* Again and again, so that tickets and slots come round; in each round somebody gives up. */
Test(fair, fifo_goes_on_for_ever) {
    begin(FAIR_FIFO);
    for (int round = 0; round < 100; round++) {
        struct visitor visitors[3] = {{.name = 'a'}, {.name = 'b'}, {.name = 'c'}};
        struct visitor hasty = {.name = '?', .deadline_ns = clock_now_ns() + 5};
        struct lab_thread *threads[3], *leaver = NULL;
        n_order = 0;
        fair_mutex_lock(&mutex);
        for (int n = 0; n < 3; n++) {
            threads[n] = sleeping(visit, &visitors[n]);
            if (n == round % 3) leaver = sleeping(visit_until, &hasty);
        }
        lab_advance_ns(5);
        lab_join(leaver);
        fair_mutex_unlock(&mutex);
        for (int n = 0; n < 3; n++) lab_join(threads[n]);
        cr_assert_arr_eq(order, "abc", 3, "round %d: served as %.3s", round, order);
    }
}

Test(fair, as_many_wait_as_may) {
    begin(FAIR_FIFO);
    static struct visitor visitors[FAIR_WAITERS];
    static struct lab_thread *threads[FAIR_WAITERS];
    fair_mutex_lock(&mutex);
    for (int n = 0; n < FAIR_WAITERS; n++) {
        visitors[n] = (struct visitor){.name = (char)('0' + n)};
        threads[n] = sleeping(visit, &visitors[n]);
    }
    fair_mutex_unlock(&mutex);
    for (int n = 0; n < FAIR_WAITERS; n++) lab_join(threads[n]);
    for (int n = 0; n < FAIR_WAITERS; n++)
        cr_assert_eq(order[n], '0' + n, "number %d was served in its turn", n);
}

Test(fair, one_more_than_may_wait_panics) {
    begin(FAIR_FIFO);
    static struct visitor visitors[FAIR_WAITERS + 1];
    fair_mutex_lock(&mutex);
    for (int n = 0; n < FAIR_WAITERS; n++) sleeping(visit, &visitors[n]);
    lab_expect_panic("fair_mutex_lock");
    lab_join(lab_start(visit, &visitors[FAIR_WAITERS]));
}

/* --- STEP 3: a number between ---------------------------------------------------------------- */

/* How often does `take` get by a sleeper that is slow to rise? */
static int overtakings(unsigned bypass, int attempts, bool (*take)(void)) {
    begin(bypass);
    struct visitor slow = {.name = 'a'};
    fair_mutex_lock(&mutex);
    struct lab_thread *riser = sleeping(visit, &slow);
    lab_close(riser, LAB_DOOR_RETURN);
    fair_mutex_unlock(&mutex);
    int got = 0;
    for (; got < attempts && take(); got++) fair_mutex_unlock(&mutex);
    lab_open(riser, LAB_DOOR_RETURN);
    lab_join(riser);
    cr_assert(slow.got, "the sleeper has had its turn");
    cr_assert(can_be_taken(), "and the mutex is free");
    return got;
}
static bool by_try_lock(void) { return fair_mutex_try_lock(&mutex); }
static bool by_lock_until(void) { return fair_mutex_lock_until(&mutex, 0); }

Test(fair, bounded_lets_by_as_many_as_it_says) {
    static const unsigned bounds[] = {0, 1, 2, 7, FAIR_BYPASS_MOST};
    for (size_t n = 0; n < sizeof bounds / sizeof bounds[0]; n++) {
        unsigned bound = bounds[n];
        int tries = overtakings(bound, 200, by_try_lock);
        cr_assert_leq(tries, (int)bound, "%d of %u overtook by a try", tries, bound);
        int hasty = overtakings(bound, 200, by_lock_until);
        cr_assert_leq(hasty, (int)bound, "%d of %u overtook by a late lock_until", hasty, bound);
    }
}

/* By fair_mutex_lock: one overtakes, the next must sleep. */
Test(fair, bounded_makes_the_next_one_wait) {
    begin(1);
    struct visitor slow = {.name = 'a'}, other = {.name = 'b'}, third = {.name = 'c'};
    fair_mutex_lock(&mutex);
    struct lab_thread *riser = sleeping(visit, &slow);
    lab_close(riser, LAB_DOOR_RETURN);
    fair_mutex_unlock(&mutex);
    struct lab_thread *second = lab_start(visit, &other); /* overtakes, or waits */
    lab_settle();
    struct lab_thread *last = lab_start(visit, &third);
    lab_settle();
    cr_assert_leq(n_order, 1, "%zu have overtaken", n_order);
    lab_open(riser, LAB_DOOR_RETURN);
    lab_join(riser);
    lab_join(second);
    lab_join(last);
    cr_assert_eq(n_order, 3, "each has had its turn");
}

/* Two wait; the second is overtaken with the first, and again when it is the first. */
Test(fair, bounded_counts_for_each_waiter) {
    begin(3);
    futex_word gate = 0;
    struct visitor first = {.name = 'a', .gate = &gate}, second = {.name = 'b'};
    fair_mutex_lock(&mutex);
    struct lab_thread *one = sleeping(visit, &first), *two = sleeping(visit, &second);
    lab_close(one, LAB_DOOR_RETURN);
    fair_mutex_unlock(&mutex);
    int got = 0;
    for (int times = 0; times < 2 && fair_mutex_try_lock(&mutex); times++, got++)
        fair_mutex_unlock(&mutex);
    lab_close(two, LAB_DOOR_RETURN); /* it rises slowly, too, whenever it is woken */
    lab_open(one, LAB_DOOR_RETURN);  /* the first gets it, and stays at the gate */
    lab_settle();
    gate_open(&gate);
    lab_join(one);
    lab_settle();
    while (got < 20 && fair_mutex_try_lock(&mutex)) {
        got++;
        fair_mutex_unlock(&mutex);
    }
    lab_open(two, LAB_DOOR_RETURN);
    lab_join(two);
    cr_assert_leq(got, 3, "the second was overtaken %d times", got);
    cr_assert(second.got, "and was served then");
}

/* --- STEP 4: leave the queue ----------------------------------------------------------------- */

Test(fair, lock_until_takes_a_free_mutex_even_late) {
    FOR_EACH_KIND(kind) {
        begin(*kind);
        lab_advance_ns(SECOND_NS);
        uint64_t deadlines[] = {clock_now_ns() + SECOND_NS, FUTEX_FOREVER, clock_now_ns(), 0};
        for (size_t n = 0; n < sizeof deadlines / sizeof deadlines[0]; n++) {
            cr_assert(fair_mutex_lock_until(&mutex, deadlines[n]), "a free mutex is taken");
            cr_assert_not(fair_mutex_try_lock(&mutex), "and is held then");
            fair_mutex_unlock(&mutex);
        }
        cr_assert_eq(lab_tally().waits + lab_tally().wakes, 0, "without a system call");
    }
}

Test(fair, lock_until_gives_up_at_its_deadline_and_not_before) {
    FOR_EACH_KIND(kind) {
        begin(*kind);
        uint64_t deadline_ns = clock_now_ns() + SECOND_NS;
        struct visitor visitor = {.name = 'a', .deadline_ns = deadline_ns};
        fair_mutex_lock(&mutex);
        struct lab_thread *waiter = sleeping(visit_until, &visitor);
        lab_advance_ns(SECOND_NS - 1);
        cr_assert(lab_await_asleep(waiter), "one nanosecond before the deadline it still waits");
        cr_assert(lab_interrupt(waiter), "and a wakeup for no reason");
        cr_assert(lab_await_asleep(waiter), "does not end the wait");
        lab_advance_ns(1);
        lab_join(waiter);
        cr_assert_not(visitor.got, "the mutex was held all the time");
        cr_assert_eq(clock_now_ns(), deadline_ns, "it gives up at the deadline, not later");
        fair_mutex_unlock(&mutex);
        cr_assert(can_be_taken(), "it has left no trace");
    }
}

Test(fair, lock_until_is_woken_before_its_deadline) {
    FOR_EACH_KIND(kind) {
        begin(*kind);
        uint64_t before = clock_now_ns();
        struct visitor visitor = {.name = 'a', .deadline_ns = before + SECOND_NS};
        fair_mutex_lock(&mutex);
        struct lab_thread *waiter = sleeping(visit_until, &visitor);
        fair_mutex_unlock(&mutex);
        lab_join(waiter);
        cr_assert(visitor.got, "the sleeper gets the mutex");
        cr_assert_eq(clock_now_ns(), before, "when it is unlocked, not when the time is over");
    }
}

/* Of three waiters one gives up: the first, the one in the middle, the last. */
Test(fair, who_gives_up_leaves_the_others_in_order) {
    FOR_EACH_KIND(kind) {
        for (int hasty = 0; hasty < 3; hasty++) {
            begin(*kind);
            struct visitor visitors[3] = {{.name = 'a'}, {.name = 'b'}, {.name = 'c'}};
            struct lab_thread *threads[3];
            fair_mutex_lock(&mutex);
            visitors[hasty].deadline_ns = clock_now_ns() + SECOND_NS;
            for (int n = 0; n < 3; n++)
                threads[n] = sleeping(n == hasty ? visit_until : visit, &visitors[n]);
            lab_advance_ns(SECOND_NS);
            lab_join(threads[hasty]);
            cr_assert_not(visitors[hasty].got, "its deadline came first");
            fair_mutex_unlock(&mutex);
            for (int n = 0; n < 3; n++)
                if (n != hasty) lab_join(threads[n]);
            char left[3] = "abc";
            for (int n = hasty; n < 2; n++) left[n] = left[n + 1];
            if (*kind == FAIR_FIFO) cr_assert_arr_eq(order, left, 2, "served as %.2s", order);
            cr_assert(can_be_taken(), "in the end nobody waits");
        }
    }
}

Test(fair, all_may_give_up) {
    FOR_EACH_KIND(kind) {
        begin(*kind);
        struct visitor visitors[3];
        struct lab_thread *threads[3];
        fair_mutex_lock(&mutex);
        for (int n = 0; n < 3; n++) {
            visitors[n] = (struct visitor){.deadline_ns = clock_now_ns() + SECOND_NS};
            threads[n] = sleeping(visit_until, &visitors[n]);
        }
        lab_advance_ns(SECOND_NS);
        for (int n = 0; n < 3; n++) lab_join(threads[n]);
        lab_forget();
        fair_mutex_unlock(&mutex);
        cr_assert_leq(lab_tally().woken, 0, "nobody is there to be woken");
        cr_assert(can_be_taken(), "the mutex is as free as before");
    }
}

/* A wakeup meets a waiter whose deadline comes: the mutex must not be left to nobody. */
Test(fair, a_wakeup_at_the_deadline_is_passed_on) {
    FOR_EACH_KIND(kind) {
        begin(*kind);
        struct visitor hasty = {.name = 'a', .deadline_ns = clock_now_ns() + SECOND_NS};
        struct visitor patient = {.name = 'b'};
        fair_mutex_lock(&mutex);
        struct lab_thread *one = sleeping(visit_until, &hasty), *two = sleeping(visit, &patient);
        lab_close(one, LAB_DOOR_RETURN);
        lab_advance_ns(SECOND_NS); /* its sleep has ended, and it does not know yet */
        fair_mutex_unlock(&mutex);
        lab_open(one, LAB_DOOR_RETURN);
        lab_join(one);
        lab_join(two);
        cr_assert(patient.got, "the second has its turn, whether the first took one or not");
    }
}
