/* timeline.h - a history as a table: a column for each thread, time going down. */
#ifndef HB_HISTORY_TIMELINE_H
#define HB_HISTORY_TIMELINE_H

#include "history.h"
#include "text.h"

/* A history, and which of its operations are to be shown. */
struct shown {
    const struct history_op *ops;
    int n;
    const struct history_precedence *precedence;
    uint64_t which;
};

#define TIMELINE_COLUMNS 80 /* of a whole report */

/* "push(7)" and "push(7) = 1", "pop() = none", "pop() ...": an operation in words, without and with
 * its result. */
void history_timeline_call(struct text *text, const struct history_op *op);
void history_timeline_operation(struct text *text, const struct history_op *op);

/* "main" or "thread 2". */
void history_timeline_thread(struct text *text, int thread);

/* The table. Where it cannot help but show more order than there is (the precedence is not one of
 * intervals), the true order between threads follows in words. */
void history_timeline_print(struct text *text, const struct shown *shown);

#endif
