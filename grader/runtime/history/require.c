/* require.c - a scenario's demand that what was recorded is linearizable. */
#include <stdio.h>

#include "history.h"
#include "panic.h"
#include "scenario.h"

static struct history_op ops[HISTORY_MAX_OPS];
static struct history_precedence precedence;
static char report[16384], promise[sizeof report + 256];

const char *history_last_report(void) { return report; }

static const char rule[] = "each operation must be one that the specification has";
static const char size_rule[] = "the history must be small enough to decide";

void history_require_at(const char *file, int line, const struct history_spec *spec) {
    struct history_verdict verdict;
    int n = history_snapshot(ops, &precedence);
    report[0] = '\0';
    if (history_linearizable_cached(ops, n, &precedence, spec, &verdict)) return;
    if (verdict.answer == HISTORY_UNKNOWN_OPERATION) panic("history_require_linearizable", rule);
    if (verdict.answer == HISTORY_UNDECIDED) panic("history_require_linearizable", size_rule);
    history_report(ops, n, &precedence, spec, &verdict, report, sizeof report);
    snprintf(promise, sizeof promise,
             "%sThe operations take effect one at a time, in an order that a %s allows and that "
             "keeps each behind those that returned before it began",
             report, spec->name);
    scenario_broken(file, line, "history_linearizable()", promise);
}
