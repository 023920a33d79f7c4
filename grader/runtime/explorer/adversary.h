/* adversary.h - the reader is the scheduler: a protocol of JSON lines on standard input and output.
 *
 * The explorer says what has happened and asks; the other side answers with one line.
 *
 *     {"did": STEP}                                     a step, as in the trace of the report
 *     {"ask": "thread", "able": [{"thread": 1, "pc": "0x..."}, ...], "waiting": [...]}
 *                                                       answer: {"thread": 1}
 *     {"ask": "store", "thread": 1, "pc": ..., "address": ..., "size": 4,
 *      "choices": [{"value": "0x1", "step": 4}, ...]}   what the load reads, the newest store first
 *                                                       answer: {"choice": 0}
 *     {"ask": "place", ...}                             behind which store, in modification order,
 *                                                       the new one goes; answer: {"choice": 0}
 *     {"ask": "value", "thread": 1, "n": 2, "about": "how a wait ends", "pc": ...}
 *                                                       a choice that is not the memory's; 0 is the
 *                                                       ordinary one; answer: {"choice": 1}
 *     {"error": "..."}                                  the answer was none; the question stands
 *     {"end": "complete" | "fault" | "stuck" | "blocked" | "limit", "fault": ..., "token": "..."}
 *                                                       answer: {"undo": n}, {"restart": 1} or
 *                                                       {"quit": 1}
 *
 * At any question: {"undo": n} takes back the last n answers, {"restart": 1} all, {"quit": 1} ends.
 */
#ifndef HBX_ADVERSARY_H
#define HBX_ADVERSARY_H

/* Talk until the other side quits or its input ends. */
void adversary_all(void);

#endif
