/* snapshot.c - two cells that are read together; their specification is this file's own.
 *
 * A scan reads both until it has read the same twice: values are never written a second time, so
 * both were there at once, between the two readings.
 *
 * Source: Y. Afek, H. Attiya, D. Dolev, E. Gafni, M. Merritt, N. Shavit, "Atomic Snapshots of Shared
 *         Memory", JACM 40(4), 1993, section 3: the double collect.
 * Bugs:   ONCE  the scan reads each cell once
 */
#include <stdio.h>

#include "claims.h"

/* --- what it does when one thread uses it ------------------------------------------------------- */

enum { UPDATE, SCAN };

static void pair_init(void *state, int64_t parameter) {
    int64_t *cells = state;
    cells[0] = cells[1] = parameter;
}

static bool pair_apply(void *state, const struct history_op *op) {
    int64_t *cells = state;
    if (op->code == SCAN) return history_gives(op, 10 * cells[0] + cells[1]);
    cells[op->arguments[0]] = op->arguments[1];
    return true;
}

static int pair_print(const void *state, char *text, size_t bytes) {
    const int64_t *cells = state;
    return snprintf(text, bytes, "%d and %d", (int)cells[0], (int)cells[1]);
}

static const struct history_spec pair = {
    .name = "pair of cells",
    .operations = (const char *const[]){"update", "scan", NULL},
    .state_bytes = sizeof(int64_t[2]),
    .init = pair_init,
    .apply = pair_apply,
    .print = pair_print,
};

/* --- what it does here -------------------------------------------------------------------------- */

static atomic_int cells[2];

static void setup(void) {
    atomic_init(&cells[0], 0);
    atomic_init(&cells[1], 0);
}

static int64_t update(int cell, int value) {
    atomic_store_explicit(&cells[cell], value, seq_cst);
    return 0;
}

static int64_t read_both(void) {
    int first = atomic_load_explicit(&cells[0], seq_cst);
    return 10 * first + atomic_load_explicit(&cells[1], seq_cst);
}

static int64_t scan(void) {
    int64_t seen = read_both();
#ifndef ONCE
    for (int64_t again; (again = read_both()) != seen;) seen = again;
#endif
    return seen;
}

static void updates_first(void) { history_record(update(0, 1), "update", 0, 1); }
static void updates_in_turn(void) {
    history_record(update(0, 1), "update", 0, 1);
    history_record(update(1, 1), "update", 1, 1);
}
static void updates_second(void) { history_record(update(1, 2), "update", 1, 2); }
static void scans(void) { history_record(scan(), "scan"); }

SCENARIO(one_writer, .promise = "a scan sees both cells at one moment", .setup = setup,
         .threads = {updates_in_turn, scans}, .linearizable = &pair);

/* Two scans may not see two updates that nothing orders in different orders. */
SCENARIO(two_scans, .promise = "all scans see one order", .setup = setup,
         .threads = {updates_first, updates_second, scans, scans}, .linearizable = &pair);

static void updates_often(void) {
    for (int i = 1; i <= scenario_contention(); i++) history_record(update(0, i), "update", 0, i);
}

SCENARIO(scan_and_updates, .promise = "a scan ends when the updates do", .setup = setup,
         .threads = {scans, updates_often}, .linearizable = &pair, .progress = PROGRESS_LOCK_FREE);
