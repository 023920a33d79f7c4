/* fairness.c - who overtakes whom at a lock. Two threads; each takes the lock ROUNDS times. */
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "claims.h"

#ifndef ROUNDS
#define ROUNDS 2
#endif

static int inside;

/* Between lock and unlock; a lock that lets two in makes this a data race. */
static void be_inside(void) { inside++; }

#define LOCK_USERS(name_)                                                                          \
    static void name_##_user(int me) {                                                             \
        for (int round = 0; round < ROUNDS; round++) {                                             \
            scenario_asks();                                                                       \
            name_##_lock(me);                                                                      \
            scenario_enters();                                                                     \
            be_inside();                                                                           \
            name_##_unlock(me);                                                                    \
        }                                                                                          \
    }                                                                                              \
    static void name_##_0(void) { name_##_user(0); }                                               \
    static void name_##_1(void) { name_##_user(1); }                                               \
    static void name_##_finally(void) {                                                            \
        scenario_require(inside == 2 * ROUNDS, "no two are inside at once");                       \
    }                                                                                              \
    _Static_assert(true, "a semicolon follows")

#define FAIRNESS(name_, lock_, below_)                                                             \
    SCENARIO(name_, .promise = "whoever came first is served first", .setup = lock_##_setup,       \
             .threads = {lock_##_0, lock_##_1}, .finally = lock_##_finally,                        \
             .bypass_below = (below_))

/* --- ticket: in the order of the tickets -------------------------------------------------------- */

static atomic_uint next_ticket, serving;

static void ticket_setup(void) {
    atomic_init(&next_ticket, 0);
    atomic_init(&serving, 0);
    inside = 0;
}
static void ticket_lock(int me) {
    (void)me;
    unsigned mine = atomic_fetch_add_explicit(&next_ticket, 1, relaxed);
    while (atomic_load_explicit(&serving, acquire) != mine)
        ;
}
static void ticket_unlock(int me) {
    (void)me;
    unsigned mine = atomic_load_explicit(&serving, relaxed);
    atomic_store_explicit(&serving, mine + 1, release);
}
LOCK_USERS(ticket);
FAIRNESS(ticket_in_order, ticket, 1);

/* --- MCS: in the order of the queue (Mellor-Crummey, Scott, ACM TOCS 9(1), 1991) ---------------- */

struct mcs_node {
    _Atomic(struct mcs_node *) next;
    atomic_bool waits;
};

static _Atomic(struct mcs_node *) mcs_tail;
static struct mcs_node mcs_nodes[2];

static void mcs_setup(void) {
    atomic_init(&mcs_tail, NULL);
    for (int n = 0; n < 2; n++) {
        atomic_init(&mcs_nodes[n].next, NULL);
        atomic_init(&mcs_nodes[n].waits, false);
    }
    inside = 0;
}
static void mcs_lock(int me) {
    struct mcs_node *mine = &mcs_nodes[me];
    struct mcs_node *before = atomic_exchange_explicit(&mcs_tail, mine, acq_rel);
    if (!before) return;
    atomic_store_explicit(&before->next, mine, release);
    while (atomic_load_explicit(&mine->waits, acquire))
        ;
}
static void mcs_unlock(int me) {
    struct mcs_node *mine = &mcs_nodes[me], *next = atomic_load_explicit(&mine->next, acquire);
    struct mcs_node *expected = mine;
    if (!next &&
        atomic_compare_exchange_strong_explicit(&mcs_tail, &expected, NULL, release, relaxed))
        return;
    while (!(next = atomic_load_explicit(&mine->next, acquire)))
        ;
    atomic_store_explicit(&next->waits, false, release);
}
static void mcs_prepare(int me) {
    atomic_store_explicit(&mcs_nodes[me].next, NULL, relaxed);
    atomic_store_explicit(&mcs_nodes[me].waits, true, relaxed);
}
/* The node is made ready before the thread asks: those writes are its own, and tell nobody. */
static void mcs_user(int me) {
    for (int round = 0; round < ROUNDS; round++) {
        mcs_prepare(me);
        scenario_asks();
        mcs_lock(me);
        scenario_enters();
        be_inside();
        mcs_unlock(me);
    }
}
static void mcs_0(void) { mcs_user(0); }
static void mcs_1(void) { mcs_user(1); }
static void mcs_finally(void) { ticket_finally(); }
FAIRNESS(mcs_in_order, mcs, 1);

/* --- CLH: in the order of the queue (Craig, University of Washington TR 93-02-02, 1993) --------- */

static atomic_bool clh_taken[3];
static atomic_int clh_tail;
static int clh_owned[2], clh_used[2];

static void clh_setup(void) {
    for (int n = 0; n < 3; n++) atomic_init(&clh_taken[n], false);
    atomic_init(&clh_tail, 2);
    clh_owned[0] = 0;
    clh_owned[1] = 1;
    inside = 0;
}
static void clh_user(int me) {
    for (int round = 0; round < ROUNDS; round++) {
        clh_used[me] = clh_owned[me];
        atomic_store_explicit(&clh_taken[clh_used[me]], true, relaxed);
        scenario_asks();
        int before = atomic_exchange_explicit(&clh_tail, clh_used[me], acq_rel);
        while (atomic_load_explicit(&clh_taken[before], acquire))
            ;
        scenario_enters();
        be_inside();
        atomic_store_explicit(&clh_taken[clh_used[me]], false, release);
        clh_owned[me] = before;
    }
}
static void clh_0(void) { clh_user(0); }
static void clh_1(void) { clh_user(1); }
static void clh_finally(void) { ticket_finally(); }
FAIRNESS(clh_in_order, clh, 1);

/* --- test-and-set: whoever is quick ------------------------------------------------------------- */

static atomic_bool tas_held;

static void tas_setup(void) {
    atomic_init(&tas_held, false);
    inside = 0;
}
static void tas_lock(int me) {
    (void)me;
    while (atomic_exchange_explicit(&tas_held, true, acquire))
        ;
}
static void tas_unlock(int me) {
    (void)me;
    atomic_store_explicit(&tas_held, false, release);
}
LOCK_USERS(tas);
FAIRNESS(tas_in_order, tas, 1);
FAIRNESS(tas_below_2, tas, 2);
FAIRNESS(tas_below_3, tas, 3);

/* --- Drepper's second futex mutex: a sleeper that is woken must be quick, too ------------------- */

static _Atomic(uint32_t) word;

static void futex_setup(void) {
    atomic_init(&word, 0);
    inside = 0;
}
static uint32_t compare_word(uint32_t expected, uint32_t desired) {
    atomic_compare_exchange_strong_explicit(&word, &expected, desired, acquire, acquire);
    return expected;
}
static void futex_lock(int me) {
    (void)me;
    for (uint32_t seen = compare_word(0, 1); seen != 0; seen = compare_word(0, 2))
        if (seen == 2 || compare_word(1, 2) != 0)
            syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 2, NULL, NULL, 0);
}
static void futex_unlock(int me) {
    (void)me;
    if (atomic_fetch_sub_explicit(&word, 1, release) == 1) return;
    atomic_store_explicit(&word, 0, release);
    syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}
LOCK_USERS(futex);
FAIRNESS(futex_in_order, futex, 1);

/* --- Peterson's lock (IPL 12(3), 1981) ---------------------------------------------------------- */

/* The other may go first only until `turn` has been written. But as long as it has not been, the other
 * waits if it has seen that this one wants; so it did not come behind by anything that it knew. */

static atomic_bool wants[2];
static atomic_int turn;

static void peterson_setup(void) {
    atomic_init(&wants[0], false);
    atomic_init(&wants[1], false);
    atomic_init(&turn, 0);
    inside = 0;
}
static void peterson_lock(int me) {
    atomic_store_explicit(&wants[me], true, seq_cst);
    atomic_store_explicit(&turn, !me, seq_cst);
    while (atomic_load_explicit(&wants[!me], seq_cst) && atomic_load_explicit(&turn, seq_cst) != me)
        ;
}
static void peterson_unlock(int me) { atomic_store_explicit(&wants[me], false, release); }
LOCK_USERS(peterson);
FAIRNESS(peterson_in_order, peterson, 1);
