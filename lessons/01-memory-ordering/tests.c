/* tests.c - what the four objects promise to one thread, to a caller that breaks a rule, and to a
 * crowd; and who sleeps meanwhile, and who makes no system call.
 *
 * What a test on one machine cannot show is whether the orders suffice: x86 forgives most of what
 * is missing. That is the explorer's part (scenarios.c). The tests know ordering.h only.
 */
#define _DEFAULT_SOURCE
#include <criterion/criterion.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lab.h"
#include "ordering.h"

/* A gate of the test's own, at which threads sleep. It orders nothing. */
static void gate_pass(futex_word *gate) {
    /* Relaxed: see above. */
    while (!atomic_load_explicit(gate, memory_order_relaxed)) futex_wait(gate, 0);
}

static void gate_open(futex_word *gate) {
    atomic_store_explicit(gate, 1, memory_order_relaxed); /* orders nothing, see above */
    futex_wake(gate, UINT32_MAX);
}

/* A page of its own for one object, so that it can be made read-only. */
static void *own_page(void) {
    void *page = mmap(NULL, (size_t)sysconf(_SC_PAGESIZE), PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    cr_assert_neq(page, MAP_FAILED, "the test gets a page of its own");
    return page;
}

static void forbid_writing(void *page) {
    cr_assert_eq(mprotect(page, (size_t)sysconf(_SC_PAGESIZE), PROT_READ), 0);
}

static void expect_no_calls(void) {
    struct lab_tally tally = lab_tally();
    cr_assert_eq(tally.waits, 0, "nobody waits, so futex_wait is not called");
    cr_assert_eq(tally.wakes, 0, "nobody sleeps, so futex_wake is not called");
}

/* --- STEP 1: publish a pointer --------------------------------------------------------------- */

Test(cell, starts_empty) {
    struct cell fresh = CELL_INIT, zeroed;
    memset(&zeroed, 0, sizeof zeroed);
    cr_assert_null(cell_read(&fresh), "CELL_INIT is an empty cell");
    cr_assert_null(cell_read(&zeroed), "zero bytes are an empty cell");
    int thing = 0;
    cell_publish(&zeroed, &thing); /* so that a cell which is always empty does not pass */
    cr_assert_not_null(cell_read(&zeroed), "a cell that was empty can be published");
}

Test(cell, holds_what_was_published) {
    struct cell left = CELL_INIT, right = CELL_INIT;
    int one = 1, two = 2;
    cell_publish(&left, &one);
    cell_publish(&right, &two);
    for (int times = 0; times < 3; times++) {
        cr_assert_eq(cell_read(&left), &one, "the published pointer is read, again and again");
        cr_assert_eq(cell_read(&right), &two, "each cell holds its own");
    }
}

Test(cell, publishing_null_panics) {
    struct cell cell = CELL_INIT;
    lab_expect_panic("cell_publish");
    cell_publish(&cell, NULL);
}

Test(cell, publishing_twice_panics) {
    struct cell cell = CELL_INIT;
    int thing = 0;
    cell_publish(&cell, &thing);
    lab_expect_panic("cell_publish");
    cell_publish(&cell, &thing);
}

Test(cell, reading_writes_nothing) {
    struct cell *cell = own_page();
    int thing = 0;
    cell_publish(cell, &thing);
    forbid_writing(cell);
    cr_assert_eq(cell_read(cell), &thing, "a cell in read-only memory can be read");
    expect_no_calls();
}

/* --- STEP 2: initialise once ----------------------------------------------------------------- */

/* An initialisation that counts its runs, and stays at a gate if there is one. */
struct work {
    struct once *once;
    futex_word *gate; /* passed by the run; NULL: at once */
    int runs;         /* plain: [O1] is what lets others read it */
};

static void run_work(void *argument) {
    struct work *work = argument;
    if (work->gate) gate_pass(work->gate);
    work->runs++;
}

struct caller {
    struct work *work;
    int seen; /* read after lab_join */
};

static void call_once(void *argument) {
    struct caller *caller = argument;
    once_run(caller->work->once, run_work, caller->work);
    caller->seen = caller->work->runs;
}

static struct lab_thread *call_asleep(struct caller *caller) {
    struct lab_thread *thread = lab_start(call_once, caller);
    cr_assert(lab_await_asleep(thread), "a caller sleeps while the run lasts");
    return thread;
}

Test(once, first_call_runs_it) {
    struct once once = ONCE_INIT;
    struct work work = {.once = &once};
    once_run(&once, run_work, &work);
    cr_assert_eq(work.runs, 1, "the first call runs it, with the argument that it was given");
}

Test(once, later_calls_do_not_run_it_again) {
    struct once once, other = ONCE_INIT;
    memset(&once, 0, sizeof once);
    struct work work = {.once = &once};
    for (int times = 0; times < 3; times++) once_run(&once, run_work, &work);
    cr_assert_eq(work.runs, 1, "three calls, one run");
    struct caller late = {.work = &work};
    lab_join(lab_start(call_once, &late));
    cr_assert_eq(work.runs, 1, "nor does another thread's call run it again");
    once_run(&other, run_work, &work);
    cr_assert_eq(work.runs, 2, "another object has its own run");
}

Test(once, makes_no_system_call_when_calls_do_not_overlap) {
    struct once once = ONCE_INIT;
    struct work work = {.once = &once};
    for (int times = 0; times < 100; times++) once_run(&once, run_work, &work);
    cr_assert_eq(work.runs, 1, "a hundred calls, one run");
    expect_no_calls();
}

Test(once, looks_and_does_not_write_once_it_is_over) {
    struct once *once = own_page();
    struct work work = {.once = once};
    once_run(once, run_work, &work);
    forbid_writing(once);
    once_run(once, run_work, &work);
    cr_assert_eq(work.runs, 1, "in read-only memory it still knows that it is over");
}

Test(once, caller_sleeps_while_the_run_lasts) {
    struct once once = ONCE_INIT;
    futex_word gate = 0;
    struct work work = {.once = &once, .gate = &gate};
    struct caller first = {.work = &work}, second = {.work = &work};
    struct lab_thread *runner = call_asleep(&first); /* at the gate */
    struct lab_thread *waiter = call_asleep(&second);
    cr_assert_eq(lab_sleepers(&gate), 1, "one call runs it, and the other waits for that");
    gate_open(&gate);
    lab_join(waiter);
    lab_join(runner);
    cr_assert_eq(second.seen, 1, "the waiter comes back when it has been done");
    cr_assert_eq(work.runs, 1, "and does not do it again");
}

Test(once, every_sleeper_is_woken) {
    struct once once = ONCE_INIT;
    futex_word gate = 0;
    struct work work = {.once = &once, .gate = &gate};
    struct caller callers[4];
    struct lab_thread *threads[4];
    for (int n = 0; n < 4; n++) {
        callers[n] = (struct caller){.work = &work};
        threads[n] = call_asleep(&callers[n]);
    }
    gate_open(&gate);
    for (int n = 0; n < 4; n++) lab_join(threads[n]);
    for (int n = 0; n < 4; n++) cr_assert_eq(callers[n].seen, 1, "each saw one run");
}

Test(once, end_just_before_the_sleep_is_not_missed) {
    struct once once = ONCE_INIT;
    futex_word gate = 0;
    struct work work = {.once = &once, .gate = &gate};
    struct caller first = {.work = &work}, second = {.work = &work};
    struct lab_thread *runner = call_asleep(&first);
    lab_close(NULL, LAB_DOOR_WAIT);
    struct lab_thread *waiter = lab_start(call_once, &second);
    cr_assert(lab_await_at(waiter, LAB_DOOR_WAIT), "a caller that must wait is about to sleep");
    gate_open(&gate);
    lab_join(runner);
    lab_open(waiter, LAB_DOOR_WAIT);
    lab_join(waiter);
    cr_assert_eq(second.seen, 1, "who was about to sleep sees that it is over");
}

Test(once, sleeper_woken_for_no_reason_sleeps_on) {
    struct once once = ONCE_INIT;
    futex_word gate = 0;
    struct work work = {.once = &once, .gate = &gate};
    struct caller first = {.work = &work}, second = {.work = &work};
    struct lab_thread *runner = call_asleep(&first), *waiter = call_asleep(&second);
    for (int times = 0; times < 3; times++) {
        cr_assert(lab_interrupt(waiter), "the waiter sleeps");
        cr_assert(lab_await_asleep(waiter), "it is not over, so the waiter goes back to sleep");
    }
    gate_open(&gate);
    lab_join(waiter);
    lab_join(runner);
    cr_assert_eq(second.seen, 1, "and comes back when it is over");
}

/* --- STEP 3: keep two threads apart ---------------------------------------------------------- */

struct visitor {
    struct peterson *lock;
    unsigned me;
    int times;
    int *counter; /* guarded by the lock */
};

static void visit(void *argument) {
    struct visitor *visitor = argument;
    for (int times = 0; times < visitor->times; times++) {
        peterson_lock(visitor->lock, visitor->me);
        ++*visitor->counter;
        peterson_unlock(visitor->lock, visitor->me);
    }
}

#define PLACES_OF_A_WAITER 20000 /* that does not sleep: so many, and it is not done */

/* Does the thread that was just started still wait when it has come by many places? Only one that
 * comes by none between two looks may have finished: each question costs a turn. */
static bool spins(struct lab_thread *thread) {
    for (uint64_t places = lab_places(thread), before = UINT64_MAX; places <= PLACES_OF_A_WAITER;
         before = places, places = lab_places(thread))
        if (places == before && lab_finished(thread)) return false;
    return true;
}

Test(peterson, each_thread_enters_alone_as_often_as_it_likes) {
    struct peterson lock = PETERSON_INIT, zeroed;
    memset(&zeroed, 0, sizeof zeroed);
    int counter = 0;
    for (unsigned me = 0; me < 2; me++) {
        struct visitor visitor = {&lock, me, 10, &counter};
        visit(&visitor);
        visitor.lock = &zeroed;
        visit(&visitor);
    }
    cr_assert_eq(counter, 40, "nobody else wants the lock, so it is free each time");
    lab_expect_panic("peterson_unlock"); /* so that a lock that is never held does not pass */
    peterson_unlock(&lock, 0);
}

Test(peterson, second_waits_while_the_first_holds_it) {
    struct peterson locks[2] = {PETERSON_INIT, PETERSON_INIT};
    int counters[2] = {0, 0};
    struct visitor visitors[2];
    struct lab_thread *waiters[2];
    for (unsigned me = 0; me < 2; me++) {
        visitors[me] = (struct visitor){&locks[me], 1 - me, 1, &counters[me]};
        peterson_lock(&locks[me], me);
        waiters[me] = lab_start(visit, &visitors[me]);
    }
    for (unsigned me = 0; me < 2; me++)
        cr_assert(spins(waiters[me]),
                  "peterson_lock does not return while the other holds the lock");
    for (unsigned me = 0; me < 2; me++) {
        peterson_unlock(&locks[me], me);
        lab_join(waiters[me]);
        cr_assert_eq(counters[me], 1, "and returns once it is free");
    }
    expect_no_calls();
}

Test(peterson, unlocking_a_free_lock_panics) {
    struct peterson lock = PETERSON_INIT;
    peterson_lock(&lock, 0);
    lab_expect_panic("peterson_unlock");
    peterson_unlock(&lock, 1);
}

Test(peterson, locking_twice_panics) {
    struct peterson lock = PETERSON_INIT;
    peterson_lock(&lock, 1);
    lab_expect_panic("peterson_lock");
    peterson_lock(&lock, 1);
}

Test(peterson, third_number_panics) {
    struct peterson lock = PETERSON_INIT;
    lab_expect_panic("peterson_lock");
    peterson_lock(&lock, 2);
}

Test(peterson, third_number_panics_in_unlock) {
    struct peterson lock = PETERSON_INIT;
    lab_expect_panic("peterson_unlock");
    peterson_unlock(&lock, 2);
}

/* --- STEP 4: know who is last ---------------------------------------------------------------- */

Test(refcount, one_owner_is_the_last) {
    struct refcount refcount;
    refcount_init(&refcount, 1);
    cr_assert(refcount_release(&refcount), "the only owner is the last one");
}

Test(refcount, each_share_is_given_up_once) {
    struct refcount refcount;
    refcount_init(&refcount, 2);
    refcount_acquire(&refcount);
    cr_assert_not(refcount_release(&refcount), "of three owners two are left");
    cr_assert_not(refcount_release(&refcount), "one is left");
    refcount_acquire(&refcount);
    cr_assert_not(refcount_release(&refcount), "one is left again");
    cr_assert(refcount_release(&refcount), "and now the last one goes");
}

Test(refcount, beginning_without_an_owner_panics) {
    struct refcount refcount;
    lab_expect_panic("refcount_init");
    refcount_init(&refcount, 0);
}

Test(refcount, beginning_with_too_many_panics) {
    struct refcount refcount;
    lab_expect_panic("refcount_init");
    refcount_init(&refcount, REFCOUNT_MAX + 1);
}

Test(refcount, acquiring_from_nobody_panics) {
    struct refcount refcount;
    refcount_init(&refcount, 1);
    refcount_release(&refcount);
    lab_expect_panic("refcount_acquire");
    refcount_acquire(&refcount);
}

Test(refcount, releasing_once_too_often_panics) {
    struct refcount refcount;
    refcount_init(&refcount, 1);
    refcount_release(&refcount);
    lab_expect_panic("refcount_release");
    refcount_release(&refcount);
}

Test(refcount, acquiring_too_many_panics) {
    struct refcount refcount;
    refcount_init(&refcount, REFCOUNT_MAX - 1);
    refcount_acquire(&refcount); /* the last one that fits */
    lab_expect_panic("refcount_acquire");
    refcount_acquire(&refcount);
}

/* Four threads that come and go; each owns a share that it gives up at the end. */
#define CROWD  4
#define VISITS 1000

struct member {
    struct refcount *refcount;
    bool was_last; /* read after lab_join */
};

static void come_and_go(void *argument) {
    struct member *member = argument;
    for (int times = 0; times < VISITS; times++) {
        refcount_acquire(member->refcount);
        refcount_release(member->refcount);
    }
    member->was_last = refcount_release(member->refcount);
}

Test(refcount, crowd_has_one_last_member) {
    struct refcount refcount;
    struct member members[CROWD];
    struct lab_thread *threads[CROWD];
    refcount_init(&refcount, CROWD);
    for (int n = 0; n < CROWD; n++) {
        members[n] = (struct member){.refcount = &refcount};
        threads[n] = lab_start(come_and_go, &members[n]);
    }
    int last = 0;
    for (int n = 0; n < CROWD; n++) {
        lab_join(threads[n]);
        last += members[n].was_last;
    }
    cr_assert_eq(last, 1, "one of the crowd is the last, and only one");
    expect_no_calls();
}

/* --- STEP 5: ask for a share ----------------------------------------------------------------- */

Test(try_acquire, gets_a_share_while_an_owner_is_left) {
    struct refcount refcount;
    refcount_init(&refcount, 1);
    cr_assert(refcount_try_acquire(&refcount), "an owner is left, so who asks becomes one");
    cr_assert_not(refcount_release(&refcount), "the share counts: one owner is left");
    cr_assert(refcount_release(&refcount), "and this is the last one");
}

Test(try_acquire, gets_none_when_the_last_owner_has_gone) {
    struct refcount refcount;
    refcount_init(&refcount, 1);
    refcount_release(&refcount);
    for (int times = 0; times < 3; times++)
        cr_assert_not(refcount_try_acquire(&refcount), "what has ended stays ended");
    lab_expect_panic("refcount_release");
    refcount_release(&refcount); /* no share was left behind by asking */
}

Test(try_acquire, asking_for_too_many_panics) {
    struct refcount refcount;
    refcount_init(&refcount, REFCOUNT_MAX - 1);
    cr_assert(refcount_try_acquire(&refcount), "the last share that fits");
    lab_expect_panic("refcount_try_acquire");
    refcount_try_acquire(&refcount);
}
