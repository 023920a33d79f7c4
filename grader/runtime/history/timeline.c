/* timeline.c - a history as a table: a column for each thread, time going down.
 *
 * The rows are one order of all invocations and returns in which every operation returns before
 * those that it precedes are invoked. Each return stands as late as it may, so that concurrent
 * operations overlap on the page: of an interval order the table shows exactly what it is.
 */
#include "timeline.h"

#include <inttypes.h>
#include <string.h>

enum { MOST_EVENTS = 2 * HISTORY_MAX_OPS, MARGIN = 2, CELL = 64 };

struct timeline {
    const struct shown *shown;
    uint64_t invoked, returned;
    int count;
    int8_t op[MOST_EVENTS];
    bool is_return[MOST_EVENTS];
    int threads; /* columns */
    int thread[HISTORY_MAX_OPS];
};

static int lowest(uint64_t set) { return __builtin_ctzll(set); }

/* --- words ---------------------------------------------------------------------------------------- */

void history_timeline_call(struct text *text, const struct history_op *op) {
    text_add(text, "%s(", op->name);
    for (int argument = 0; argument < op->count; argument++)
        text_add(text, argument ? ", %" PRId64 : "%" PRId64, op->arguments[argument]);
    text_add(text, ")");
}

static void add_result(struct text *text, const struct history_op *op) {
    if (op->result == HISTORY_NONE)
        text_add(text, "none");
    else
        text_add(text, "%" PRId64, op->result);
}

void history_timeline_operation(struct text *text, const struct history_op *op) {
    history_timeline_call(text, op);
    text_add(text, op->returned ? " = " : " ...");
    if (op->returned) add_result(text, op);
}

void history_timeline_thread(struct text *text, int thread) {
    text_add(text, thread ? "thread %d" : "main", thread);
}

/* --- the order of the rows ------------------------------------------------------------------------ */

static uint64_t predecessors(const struct timeline *line, int op) {
    uint64_t pending = 0, set = line->shown->precedence->before[op] & line->shown->which;
    for (uint64_t rest = set; rest; rest &= rest - 1)
        if (!line->shown->ops[lowest(rest)].returned) pending |= rest & -rest;
    return set & ~pending;
}

static void add_event(struct timeline *line, int op, bool is_return) {
    line->op[line->count] = (int8_t)op;
    line->is_return[line->count++] = is_return;
    *(is_return ? &line->returned : &line->invoked) |= 1ull << op;
}

static void invoke_all_possible(struct timeline *line) {
    for (uint64_t rest = line->shown->which & ~line->invoked; rest; rest &= rest - 1)
        if (!(predecessors(line, lowest(rest)) & ~line->returned))
            add_event(line, lowest(rest), false);
}

/* The operations that must return before the next one is invoked: as few as possible. */
static uint64_t returns_needed(const struct timeline *line) {
    uint64_t best = line->invoked & ~line->returned;
    for (uint64_t rest = line->shown->which & ~line->invoked; rest; rest &= rest - 1) {
        uint64_t needed = predecessors(line, lowest(rest)) & ~line->returned;
        bool possible = !(needed & ~line->invoked);
        if (possible && __builtin_popcountll(needed) < __builtin_popcountll(best)) best = needed;
    }
    return best;
}

/* A cyclic precedence ends it early: what is on the cycle is not shown. */
static void order_events(struct timeline *line) {
    for (;;) {
        invoke_all_possible(line);
        uint64_t needed = returns_needed(line);
        bool progress = false;
        for (; needed; needed &= needed - 1) {
            if (!line->shown->ops[lowest(needed)].returned) continue;
            add_event(line, lowest(needed), true);
            progress = true;
        }
        if (!progress) return;
    }
}

/* --- columns -------------------------------------------------------------------------------------- */

static void find_threads(struct timeline *line) {
    for (uint64_t rest = line->shown->which; rest; rest &= rest - 1) {
        int thread = line->shown->ops[lowest(rest)].thread, place = 0;
        while (place < line->threads && line->thread[place] < thread) place++;
        if (place < line->threads && line->thread[place] == thread) continue;
        memmove(line->thread + place + 1, line->thread + place,
                (size_t)(line->threads - place) * sizeof line->thread[0]);
        line->thread[place] = thread;
        line->threads++;
    }
}

/* Does the operation return in the row after its invocation? Then one row tells both. */
static bool is_whole(const struct timeline *line, int event) {
    return event + 1 < line->count && line->op[event + 1] == line->op[event] &&
           !line->is_return[event];
}

static void cell_text(char cell[CELL], const struct timeline *line, int event) {
    int number = line->op[event];
    const struct history_op *op = &line->shown->ops[number];
    struct text text = {cell, CELL, 0};
    text_add(&text, "%d ", number + 1);
    if (line->is_return[event]) {
        text_add(&text, "= ");
        add_result(&text, op);
    } else if (is_whole(line, event) || !op->returned) {
        history_timeline_operation(&text, op);
    } else {
        history_timeline_call(&text, op);
    }
}

static int widest_cell(const struct timeline *line) {
    char cell[CELL];
    size_t widest = strlen("thread 15");
    for (int event = 0; event < line->count; event++) {
        cell_text(cell, line, event);
        if (strlen(cell) > widest) widest = strlen(cell);
    }
    return (int)widest;
}

static void trim(struct text *text) {
    while (text->used && text->used < text->bytes && text->buffer[text->used - 1] == ' ')
        text->used--;
    text_add(text, "\n");
}

/* One row: the event in its thread's column, a bar where an operation of another is under way. */
static void print_row(struct text *text, const struct timeline *line, int event, const int open[],
                      int width) {
    char cell[CELL];
    text_add(text, "%*s", MARGIN, "");
    for (int column = 0; column < line->threads; column++) {
        bool here = line->shown->ops[line->op[event]].thread == line->thread[column];
        if (here)
            cell_text(cell, line, event);
        else
            strcpy(cell, open[column] ? "|" : "");
        text_add(text, "%-*s", width, cell);
    }
    trim(text);
}

static void print_heading(struct text *text, const struct timeline *line, int width) {
    char cell[CELL];
    text_add(text, "%*s", MARGIN, "");
    for (int column = 0; column < line->threads; column++) {
        struct text name = {cell, CELL, 0};
        history_timeline_thread(&name, line->thread[column]);
        text_add(text, "%-*s", width, cell);
    }
    trim(text);
}

static int column_of(const struct timeline *line, int event) {
    int column = 0;
    while (line->thread[column] != line->shown->ops[line->op[event]].thread) column++;
    return column;
}

static void print_table(struct text *text, const struct timeline *line, int width) {
    int open[HISTORY_MAX_OPS] = {0};
    print_heading(text, line, width);
    for (int event = 0; event < line->count; event++) {
        bool whole = is_whole(line, event);
        print_row(text, line, event, open, width);
        if (whole)
            event++;
        else
            open[column_of(line, event)] += line->is_return[event] ? -1 : 1;
    }
}

/* Too many threads for the page: a line for each event. */
static void print_list(struct text *text, const struct timeline *line) {
    char cell[CELL], thread[CELL];
    for (int event = 0; event < line->count; event++) {
        bool whole = is_whole(line, event);
        struct text name = {thread, CELL, 0};
        history_timeline_thread(&name, line->shown->ops[line->op[event]].thread);
        cell_text(cell, line, event);
        text_add(text, "%*s%-11s%s\n", MARGIN, "", thread, cell);
        if (whole) event++;
    }
}

/* --- what the table cannot show ------------------------------------------------------------------- */

/* Does some row order suggest a precedence that there is not? */
static bool shows_too_much(const struct timeline *line) {
    uint64_t returned = 0;
    for (int event = 0; event < line->count; event++) {
        int op = line->op[event];
        if (line->is_return[event])
            returned |= 1ull << op;
        else if (returned & ~predecessors(line, op))
            return true;
    }
    return false;
}

/* The predecessors of `op` in other threads that do not precede another predecessor. */
static uint64_t nearest_elsewhere(const struct timeline *line, int op) {
    uint64_t nearest = predecessors(line, op);
    for (uint64_t rest = nearest; rest; rest &= rest - 1)
        nearest &= ~predecessors(line, lowest(rest));
    for (uint64_t rest = nearest; rest; rest &= rest - 1)
        if (line->shown->ops[lowest(rest)].thread == line->shown->ops[op].thread)
            nearest &= ~(rest & -rest);
    return nearest;
}

static void print_true_order(struct text *text, const struct timeline *line) {
    const char *before = "The rows are one order of several. Between threads, only this is so:\n";
    for (uint64_t rest = line->shown->which; rest; rest &= rest - 1)
        for (uint64_t near = nearest_elsewhere(line, lowest(rest)); near; near &= near - 1) {
            text_add(text, "%s  %d returns before %d is invoked\n", before, lowest(near) + 1,
                     lowest(rest) + 1);
            before = "";
        }
    if (*before)
        text_add(text, "The rows are one order of several: between threads, nothing is ordered.\n");
}

void history_timeline_print(struct text *text, const struct shown *shown) {
    struct timeline line = {.shown = shown};
    order_events(&line);
    find_threads(&line);
    int width = widest_cell(&line) + 2;
    if (MARGIN + width * line.threads <= TIMELINE_COLUMNS + 2)
        print_table(text, &line, width);
    else
        print_list(text, &line);
    if (shows_too_much(&line)) print_true_order(text, &line);
}
