/* ordering.c - lesson 01: four objects that stand on memory order. The file that you fill in.
 *
 * It compiles as it stands, and promises nothing yet. ordering.h holds the contract; README.md
 * walks the way; attempts/ holds the wrong turnings, complete, each with the verdict that it gets.
 * Work from STEP 1 to STEP 5: each has checks of its own. `make check U=01-memory-ordering` runs
 * them all.
 *
 * What you may use: <stdatomic.h> with the _explicit forms and fences, and from the workbook
 * futex.h, cpu.h and panic.h. Helpers of your own are welcome; make them static.
 *
 * Write beside each atomic operation why its order is enough, and which operation it pairs with. A
 * seq_cst everywhere passes the checks and answers nothing: say which shape needs it.
 */
#include "ordering.h"

#include "cpu.h"
#include "panic.h"

/* STEP 1 of 5: publish a pointer.
 * Why:   a pointer is one word, and what it points to is many. Without an order a reader may hold
 *        the new pointer and see the old words behind it.
 * Goal:  cell_read returns NULL, and from some moment on what cell_publish was given. cell_publish
 *        panics with its own name when it is given NULL, or comes a second time.
 * Keep:  a reader only reads: it may be looking at a page that it cannot write.
 * Edge:  [P1] cell_publish -> each cell_read that returns the pointer. Name the order at both ends.
 * Check: make check U=01-memory-ordering STEP=1
 */
void cell_publish(struct cell *cell, const void *value) { (void)cell, (void)value; }

const void *cell_read(const struct cell *cell) {
    (void)cell;
    return NULL;
}

/* STEP 2 of 5: initialise once.
 * Why:   many ask, one must do it, and all must come back to something finished. After that it is
 *        asked a million times and never done again: the common way must be as cheap as a look.
 * Goal:  the first caller runs it; who comes meanwhile sleeps until it is over, and is woken; who
 *        comes later looks, and goes on. Calls that do not overlap make no system call.
 * Keep:  I1  Exactly one thread moves the state on from "new", and runs it.
 *        I2  While a thread sleeps, or is just about to, the state shows it to the one who runs.
 *        A return from futex_wait says nothing but "look again".
 * Edge:  [O1] the run -> every return of once_run, by the short way and by the long one.
 * Check: make check U=01-memory-ordering STEP=2
 */
void once_run(struct once *once, void (*run)(void *), void *argument) {
    (void)once, (void)run, (void)argument;
}

/* STEP 3 of 5: keep two threads apart.
 * Why:   each thread raises a flag and then looks at the other's. If both looks may come before
 *        both flags are seen, both go in. No release and no acquire forbids that: they order what
 *        is handed over, and here nothing has been handed over yet.
 * Goal:  peterson_lock returns only when the other is not inside. Who waits is overtaken once at
 *        most. Misuse panics, as the contract says.
 * Keep:  I3  wants[n] is set from before thread n's look at the other until its unlock.
 *        I4  Of two threads that both want, the one that wrote `turn` last waits.
 * Edge:  [L1] peterson_unlock -> the peterson_lock that follows. And one thing that is no edge: say
 *        what it is, and which operations need it.
 * Check: make check U=01-memory-ordering STEP=3
 */
void peterson_lock(struct peterson *lock, unsigned me) { (void)lock, (void)me; }

void peterson_unlock(struct peterson *lock, unsigned me) { (void)lock, (void)me; }

/* STEP 4 of 5: know who is last.
 * Why:   the last owner frees the object. It must know that it is last, and it must know that
 *        everybody else has really finished: also with what its processor has yet to see.
 * Goal:  refcount_release returns true to the last owner and to nobody else. The limits panic.
 * Keep:  I5  The count is the number of shares that have not been given up; it never leaves 0.
 *        Who was not the last does not touch the count again: it may be gone.
 * Edge:  [R1] each release that returned false -> the one that returned true. Pay for it only where
 *        it is needed: most calls neither need it nor should pay.
 * Check: make check U=01-memory-ordering STEP=4
 */
void refcount_init(struct refcount *refcount, uint32_t owners) { (void)refcount, (void)owners; }

void refcount_acquire(struct refcount *refcount) { (void)refcount; }

bool refcount_release(struct refcount *refcount) {
    (void)refcount;
    return false;
}

/* STEP 5 of 5: ask for a share.
 * Why:   a table that lists objects without owning them must turn an entry into a share, and lose
 *        against the last owner who is leaving at that moment. To look and then to add are two
 *        steps, and the last owner fits between them.
 * Goal:  refcount_try_acquire returns false only if no owner was left.
 * Keep:  I5. That another thread was quicker is no reason to give up.
 * Edge:  none. Say why none is needed.
 * Check: make check U=01-memory-ordering STEP=5
 */
bool refcount_try_acquire(struct refcount *refcount) {
    (void)refcount;
    return false;
}
