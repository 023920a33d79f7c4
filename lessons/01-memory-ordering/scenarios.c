/* scenarios.c - small closed programs around the four objects, each with what must hold in every
 * schedule and for every value that the memory model lets a load return.
 *
 * The data that the objects hand over are plain variables on purpose: where an edge is missing, a
 * tool that knows happens-before sees a data race on them. Where a scenario must go a certain way
 * (the run is over by now), a thread awaits a relaxed flag of the scenario, which orders nothing.
 */
#include "scenario.h"

#include <stdlib.h>

#include "cpu.h"
#include "ordering.h"

static _Atomic(bool) flag; /* scenery: relaxed, so that it orders nothing */

/* Relaxed, both: what the flag's setter did before is not to be seen through the flag. */
static void lower_flag(void) { atomic_store_explicit(&flag, false, memory_order_relaxed); }
static void raise_flag(void) { atomic_store_explicit(&flag, true, memory_order_relaxed); }
static void await_flag(void) {
    /* Relaxed: see raise_flag. */
    while (!atomic_load_explicit(&flag, memory_order_relaxed)) cpu_relax();
}

/* --- The publication cell -------------------------------------------------------------------- */

static struct cell cell, next;
static struct letter {
    int words;
    const struct letter *enclosed;
} letter, note;

static void setup_cell(void) {
    cell = next = (struct cell)CELL_INIT;
    letter = note = (struct letter){0};
    lower_flag();
}

static void write_and_publish(void) {
    note.words = 7;
    letter.words = 42;
    letter.enclosed = &note;
    cell_publish(&cell, &letter);
}

static void read_all(const struct letter *found) {
    scenario_require(found == &letter, "a reader gets the pointer that was published, or NULL");
    scenario_require(found->words == 42, "a reader sees what was written before [P1]");
    scenario_require(found->enclosed == &note && found->enclosed->words == 7,
                     "and what lies behind it, too [P1]");
}

static void read_twice(void) {
    const struct letter *first = cell_read(&cell), *second = cell_read(&cell);
    if (first) read_all(first);
    scenario_require(!first || second == first, "a cell that has been read does not change");
}

static void read_once(void) {
    const struct letter *found = cell_read(&cell);
    if (found) read_all(found);
}

static void published_at_the_end(void) {
    scenario_require(cell_read(&cell) == &letter, "in the end the cell holds the pointer");
}

SCENARIO(publishes, .promise = "who reads the pointer sees what was written before [P1]",
         .setup = setup_cell, .threads = {write_and_publish, read_twice, read_once},
         .finally = published_at_the_end);

static void write_publish_and_raise(void) {
    write_and_publish();
    raise_flag();
}

/* The flag orders nothing, so NULL is still a right answer here; on most machines it is rare. */
static void await_and_read(void) {
    await_flag();
    read_once();
}

SCENARIO(publishes_early, .promise = "a reader that comes late sees it, too [P1]",
         .setup = setup_cell, .threads = {write_publish_and_raise, await_and_read},
         .finally = published_at_the_end);

static void read_and_pass_on(void) {
    const struct letter *found = cell_read(&cell);
    if (found) cell_publish(&next, found);
}

static void read_next(void) {
    const struct letter *found = cell_read(&next);
    if (found) read_all(found);
}

SCENARIO(passes_on, .promise = "what was handed over can be handed on: edges add up [P1]",
         .setup = setup_cell, .threads = {write_and_publish, read_and_pass_on, read_next},
         .finally = published_at_the_end);

/* --- One-time initialisation ----------------------------------------------------------------- */

static struct once once, inner;
static int ready, deep; /* guarded by `once` and `inner` */

static void setup_once(void) {
    once = inner = (struct once)ONCE_INIT;
    ready = deep = 0;
    lower_flag();
}

static void make_ready(void *argument) { *(int *)argument += 1; }

static void ask_once(void) {
    once_run(&once, make_ready, &ready);
    scenario_require(ready == 1, "a caller comes back when it has been done, once [O1]");
}

static void ask_twice(void) {
    ask_once();
    ask_once();
}

static void was_run_once(void) {
    scenario_require(ready == 1, "it has been done exactly once");
    ask_once();
}

SCENARIO(runs_once, .promise = "of two callers one runs it, and both see what it did [O1]",
         .setup = setup_once, .threads = {ask_once, ask_twice}, .finally = was_run_once);

SCENARIO(three_callers, .promise = "two that wait for a third come back both [O1]",
         .setup = setup_once, .threads = {ask_once, ask_once, ask_once}, .finally = was_run_once);

static void ask_and_raise(void) {
    ask_once();
    raise_flag();
}

static void await_and_ask(void) {
    await_flag();
    ask_once();
}

SCENARIO(late_caller, .promise = "who comes when it is over sees what it did [O1]",
         .setup = setup_once, .threads = {ask_and_raise, await_and_ask}, .finally = was_run_once);

static void make_all_ready(void *argument) {
    once_run(&inner, make_ready, &deep);
    *(int *)argument += deep;
}

static void ask_outer(void) {
    once_run(&once, make_all_ready, &ready);
    scenario_require(ready == 1 && deep == 1, "the inner one is done before the outer one [O1]");
}

static void ask_inner(void) {
    once_run(&inner, make_ready, &deep);
    scenario_require(deep == 1, "a caller of the inner one sees what it did [O1]");
}

SCENARIO(nests, .promise = "an initialisation may need another one [O1]", .setup = setup_once,
         .threads = {ask_outer, ask_inner}, .finally = ask_outer);

/* --- Peterson's lock ------------------------------------------------------------------------- */

static struct peterson lock;
static int inside, entries; /* guarded by `lock` */

static void setup_lock(void) {
    lock = (struct peterson)PETERSON_INIT;
    inside = entries = 0;
    lower_flag();
}

static void visit(unsigned me) {
    scenario_asks();
    peterson_lock(&lock, me);
    scenario_enters();
    scenario_require(++inside == 1, "one thread at a time is in the critical section [L1]");
    entries++;
    inside--;
    peterson_unlock(&lock, me);
}

static void visit_0(void) { visit(0); }
static void visit_1(void) { visit(1); }
static void visit_0_twice(void) {
    visit(0);
    visit(0);
}
static void visit_0_thrice(void) {
    visit_0_twice();
    visit(0);
}
static void visit_1_thrice(void) {
    visit(1);
    visit(1);
    visit(1);
}

static void two_were_in(void) { scenario_require(entries == 2, "both threads were in"); }
static void three_were_in(void) { scenario_require(entries == 3, "each got in as often as asked"); }
static void four_were_in(void) { scenario_require(entries == 4, "each got in as often as asked"); }

SCENARIO(excludes, .promise = "two critical sections never overlap [L1]", .setup = setup_lock,
         .threads = {visit_0, visit_1}, .finally = two_were_in);

SCENARIO(excludes_again, .promise = "nor when one of the two comes back at once [L1]",
         .setup = setup_lock, .threads = {visit_0_twice, visit_1}, .finally = three_were_in);

/* A thread that knows of the other's wish may go in before it once; thrice leaves room for more. */
SCENARIO(serves_thread_1, .promise = "thread 1, waiting, is overtaken once at most",
         .setup = setup_lock, .threads = {visit_0_thrice, visit_1}, .finally = four_were_in,
         .bypass_below = 2);

SCENARIO(serves_thread_0, .promise = "thread 0, waiting, is overtaken once at most",
         .setup = setup_lock, .threads = {visit_0, visit_1_thrice}, .finally = four_were_in,
         .bypass_below = 2);

static void visit_and_raise(void) {
    visit(0);
    raise_flag();
}

static void await_and_visit(void) {
    await_flag();
    visit(1);
}

SCENARIO(lock_is_handed_over, .promise = "the next holder sees what the last one did [L1]",
         .setup = setup_lock, .threads = {visit_and_raise, await_and_visit},
         .finally = two_were_in);

/* --- The reference count ----------------------------------------------------------------------
 *
 * An owner leaves a mark in the object, each in a place of its own, and gives up its share. The
 * last one reads all marks, plainly: that is no data race only if every leaving came before it.
 */
static struct shared {
    struct refcount refcount;
    int marks[3];
} * shared;
static int ends; /* how often the object was ended: plain, for only one may do it */

static void setup_shared(uint32_t owners) {
    shared = calloc(1, sizeof *shared);
    if (!shared) abort();
    refcount_init(&shared->refcount, owners);
    ends = 0;
    lower_flag();
}

static void setup_two(void) { setup_shared(2); }
static void setup_three(void) { setup_shared(3); }

static void leave(struct shared *object, int expected) {
    if (!refcount_release(&object->refcount)) return;
    int sum = object->marks[0] + object->marks[1] + object->marks[2];
    scenario_require(sum == expected, "the last owner sees what every other one did [R1]");
    free(object);
    ends++;
}

static void ended_once(void) {
    scenario_require(ends == 1, "one owner, and only one, is the last");
}

static void mark_and_leave_0(void) {
    struct shared *mine = shared;
    mine->marks[0] = 1;
    leave(mine, 2);
}

static void mark_and_leave_1(void) {
    struct shared *mine = shared;
    mine->marks[1] = 1;
    leave(mine, 2);
}

SCENARIO(last_owner_ends_it, .promise = "the last owner may read it all, and free it [R1]",
         .setup = setup_two, .threads = {mark_and_leave_0, mark_and_leave_1},
         .finally = ended_once);

static void leave_0_of_3(void) {
    struct shared *mine = shared;
    mine->marks[0] = 1;
    leave(mine, 3);
}

static void leave_1_of_3(void) {
    struct shared *mine = shared;
    mine->marks[1] = 1;
    leave(mine, 3);
}

static void leave_2_of_3(void) {
    struct shared *mine = shared;
    mine->marks[2] = 1;
    leave(mine, 3);
}

SCENARIO(three_owners, .promise = "the last of three sees what both others did [R1]",
         .setup = setup_three, .threads = {leave_0_of_3, leave_1_of_3, leave_2_of_3},
         .finally = ended_once);

static void share_and_leave(void) {
    struct shared *mine = shared;
    refcount_acquire(&mine->refcount);
    mine->marks[0] = 1;
    leave(mine, 2);
    leave(mine, 2);
}

SCENARIO(shares_are_counted, .promise = "an owner made meanwhile counts, too [R1]",
         .setup = setup_two, .threads = {share_and_leave, mark_and_leave_1}, .finally = ended_once);

static void leave_and_raise(void) {
    mark_and_leave_0();
    raise_flag();
}

static void await_and_leave(void) {
    await_flag();
    mark_and_leave_1();
}

SCENARIO(leaves_behind, .promise = "who leaves long after the others sees what they did [R1]",
         .setup = setup_two, .threads = {leave_and_raise, await_and_leave}, .finally = ended_once);

/* --- A share for the asking ------------------------------------------------------------------
 *
 * Here the count is static, so that a thread without a share may ask; only the data end.
 */
static struct refcount refcount;
static int data; /* 1 while there are owners, 0 once ended */

static void setup_refcount(void) {
    refcount_init(&refcount, 1);
    data = 1;
    ends = 0;
}

static void use_and_leave(void) {
    scenario_require(data == 1, "whoever owns finds the object alive [R1]");
    if (!refcount_release(&refcount)) return;
    data = 0;
    ends++;
}

static void ask_use_and_leave(void) {
    if (refcount_try_acquire(&refcount)) use_and_leave();
}

SCENARIO(late_or_in_time, .promise = "who asks gets a share in a live object, or none",
         .setup = setup_refcount, .threads = {use_and_leave, ask_use_and_leave},
         .finally = ended_once);

/* With two that ask, a share that one lays down for a moment could be taken by the other. */
SCENARIO(late_for_both, .promise = "two that ask too late get no share by each other",
         .setup = setup_refcount, .threads = {use_and_leave, ask_use_and_leave, ask_use_and_leave},
         .finally = ended_once);

static void ask_of_the_living(void) {
    scenario_require(refcount_try_acquire(&refcount), "while an owner is left, who asks gets one");
    scenario_require(!refcount_release(&refcount), "and is not the last");
}

static void share_and_give_up(void) {
    refcount_acquire(&refcount);
    scenario_require(!refcount_release(&refcount), "the first owner is still there");
}

static void one_is_left(void) {
    scenario_require(refcount_release(&refcount), "when all have left, the first owner is last");
}

SCENARIO(asks_of_the_living, .promise = "others that come and go take no share from who asks",
         .setup = setup_refcount, .threads = {ask_of_the_living, share_and_give_up},
         .finally = one_is_left);

SCENARIO(two_ask, .promise = "of two that ask both get a share", .setup = setup_refcount,
         .threads = {ask_of_the_living, ask_of_the_living}, .finally = one_is_left);
