/* games.c - small scenarios to be played, sampled and cut short. */
#include "claims.h"
#include "outcome.h"

static atomic_int a, b;
static int seen[2];

static void setup(void) {
    atomic_init(&a, 0);
    atomic_init(&b, 0);
    seen[0] = seen[1] = 0;
}

/* --- two steps between which others count, too -------------------------------------------------- */

static void counts(void) {
    int now = atomic_load_explicit(&a, seq_cst);
    atomic_store_explicit(&a, now + 1, seq_cst);
}
static void both_counted(void) {
    scenario_require(atomic_load_explicit(&a, relaxed) == 2, "both are counted");
}

SCENARIO(lost_update, .promise = "both are counted", .setup = setup, .threads = {counts, counts},
         .finally = both_counted);

/* --- each writes its own word and reads the other's --------------------------------------------- */

static void writes_a(void) {
    atomic_store_explicit(&a, 1, release);
    seen[0] = atomic_load_explicit(&b, acquire);
}
static void writes_b(void) {
    atomic_store_explicit(&b, 1, release);
    seen[1] = atomic_load_explicit(&a, acquire);
}
static void one_has_seen(void) {
    scenario_require(seen[0] || seen[1], "one of them sees the other's word");
}

SCENARIO(store_buffering, .promise = "one of them sees the other's word", .setup = setup,
         .threads = {writes_a, writes_b}, .finally = one_has_seen);

/* --- two stores to one word, in either order ---------------------------------------------------- */

static void stores_1(void) { atomic_store_explicit(&a, 1, relaxed); }
static void stores_2(void) { atomic_store_explicit(&a, 2, relaxed); }
static void tells_last(void) { outcome("last=%d", atomic_load_explicit(&a, relaxed)); }

SCENARIO(two_stores, .promise = "one of them is the last", .setup = setup,
         .threads = {stores_1, stores_2}, .finally = tells_last);

/* --- a compare-exchange that may fail for no reason --------------------------------------------- */

static void tries_weakly(void) {
    int expected = 0;
    seen[0] = atomic_compare_exchange_weak_explicit(&a, &expected, 1, relaxed, relaxed);
}
static void tries_strongly(void) {
    int expected = 0;
    seen[0] = atomic_compare_exchange_strong_explicit(&a, &expected, 1, relaxed, relaxed);
}
static void has_succeeded(void) { scenario_require(seen[0], "nobody else was there"); }

SCENARIO(weak, .promise = "nobody else was there", .setup = setup, .threads = {tries_weakly},
         .finally = has_succeeded);
SCENARIO(strong, .promise = "nobody else was there", .setup = setup, .threads = {tries_strongly},
         .finally = has_succeeded);

/* --- nothing wrong, and much of it -------------------------------------------------------------- */

static void adds(void) {
    for (int i = 0; i < 3; i++) atomic_fetch_add_explicit(&a, 1, relaxed);
}
static void nine(void) {
    scenario_require(atomic_load_explicit(&a, relaxed) == 9, "all are counted");
}

/* Three in each of three threads: 9! / 3!^3 = 1680 orders. */
SCENARIO(orders, .promise = "all are counted", .setup = setup, .threads = {adds, adds, adds},
         .finally = nine);

static void waits_for_a(void) {
    while (!atomic_load_explicit(&a, acquire))
        ;
}

SCENARIO(waits, .promise = "whoever waits is released", .setup = setup,
         .threads = {waits_for_a, stores_1});

static void adds_often(void) {
    for (int i = 0; i < 20; i++) atomic_fetch_add_explicit(&a, 1, relaxed);
}

/* 60! / 20!^3 orders: no end of it. */
SCENARIO(too_many, .promise = "nothing", .setup = setup,
         .threads = {adds_often, adds_often, adds_often});
