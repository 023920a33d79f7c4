/* cells.c - registers, sets and maps.
 *
 * Bugs:   CACHED      a register is read from a copy that its reader has made before
 *         CHECKS      a set looks whether the key is there, and then adds it; a mutex likewise
 *         TWO_STEPS   a map's put loads the old value, and then stores the new one
 */
#include "claims.h"

/* --- a register --------------------------------------------------------------------------------- */

static atomic_int reg, told;
static int copy; /* of the reader */

static void register_setup(void) {
    atomic_init(&reg, 0);
    atomic_init(&told, 0);
    copy = 0;
}

static int64_t register_write(int value) {
    atomic_store_explicit(&reg, value, relaxed);
    return 0;
}

static int64_t register_read(void) {
#ifdef CACHED
    if (copy) return copy;
#endif
    return copy = atomic_load_explicit(&reg, relaxed);
}

/* It tells others of a write that has ended. The stores are relaxed in the object and ordered outside:
 * "ended before" is a matter of happens-before. */
static void writes(void) {
    history_record(register_write(1), "write", 1);
    history_record(register_write(2), "write", 2);
    atomic_store_explicit(&told, 1, release);
}
static void reads(void) {
    history_record(register_read(), "read");
    if (atomic_load_explicit(&told, acquire)) history_record(register_read(), "read");
}

SCENARIO(reg, .promise = "a read that begins after a write has ended sees it",
         .setup = register_setup, .threads = {writes, reads}, .linearizable = &history_register);

/* --- a set -------------------------------------------------------------------------------------- */

enum { KEYS = 2 };

static atomic_bool members[KEYS];

static void set_setup(void) {
    for (int key = 0; key < KEYS; key++) atomic_init(&members[key], false);
}

static int64_t set_add(int key) {
#ifdef CHECKS
    if (atomic_load_explicit(&members[key], acquire)) return false;
    atomic_store_explicit(&members[key], true, release);
    return true;
#else
    return !atomic_exchange_explicit(&members[key], true, acq_rel);
#endif
}

static int64_t set_remove(int key) {
    return atomic_exchange_explicit(&members[key], false, acq_rel);
}

static void adds(void) {
    history_record(set_add(0), "add", 0);
    history_record(set_add(1), "add", 1);
}
static void adds_and_removes(void) {
    history_record(set_add(1), "add", 1);
    history_record(set_remove(0), "remove", 0);
}

SCENARIO(set, .promise = "a key is added once", .setup = set_setup,
         .threads = {adds, adds_and_removes}, .linearizable = &history_set,
         .progress = PROGRESS_WAIT_FREE);

/* --- a map -------------------------------------------------------------------------------------- */

static atomic_int values[KEYS]; /* 0: none */

static void map_setup(void) {
    for (int key = 0; key < KEYS; key++) atomic_init(&values[key], 0);
}

static int64_t or_none(int value) { return value ? value : HISTORY_NONE; }

static int64_t map_put(int key, int value) {
#ifdef TWO_STEPS
    int old = atomic_load_explicit(&values[key], acquire);
    atomic_store_explicit(&values[key], value, release);
    return or_none(old);
#else
    return or_none(atomic_exchange_explicit(&values[key], value, acq_rel));
#endif
}

static int64_t map_get(int key) { return or_none(atomic_load_explicit(&values[key], acquire)); }

static void puts_and_gets(void) {
    history_record(map_put(0, 5), "put", 0, 5);
    history_record(map_get(1), "get", 1);
}
static void puts_both(void) {
    history_record(map_put(1, 6), "put", 1, 6);
    history_record(map_put(0, 7), "put", 0, 7);
}

SCENARIO(map, .promise = "each value that is replaced is given back once", .setup = map_setup,
         .threads = {puts_and_gets, puts_both}, .linearizable = &history_map,
         .progress = PROGRESS_WAIT_FREE);

/* --- a mutex ------------------------------------------------------------------------------------ */

static atomic_bool held;

static void mutex_setup(void) { atomic_init(&held, false); }

static int64_t mutex_try(void) {
#ifdef CHECKS
    if (atomic_load_explicit(&held, acquire)) return 0;
    atomic_store_explicit(&held, true, relaxed);
    return 1;
#else
    return !atomic_exchange_explicit(&held, true, acquire);
#endif
}

/* Neither unlocks. If they did, one after the other would explain that both got it: nothing else that
 * they do shows that they held it at once. */
static void tries(void) { history_record(mutex_try(), "try_lock"); }

SCENARIO(mutex, .promise = "one holds it", .setup = mutex_setup, .threads = {tries, tries},
         .linearizable = &history_mutex, .progress = PROGRESS_WAIT_FREE);
