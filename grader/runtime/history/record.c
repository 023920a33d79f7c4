/* record.c - the operations of real threads, as they happen.
 *
 * One counter gives a ticket to each invocation and each return; a precedes b if a's return has the
 * smaller ticket. A ticket is drawn by a single RMW on one word, so that tickets agree with real
 * time.
 *
 * What the judges see of it: nothing. This file is compiled without instrumentation, so
 * ThreadSanitizer and the Helgrind runtime, which learn of atomic operations from the instrumented
 * code alone, are not told of the RMW; Helgrind itself makes no edge from an x86 `lock` prefix, and
 * is told to disregard this memory. So two threads whose only meeting is here still race on
 * whatever else they share. The edge exists for the machine: without it a return's ticket could
 * overtake the stores of its operation on a weak machine, and a correct object would look wrong. Its
 * price is that the machine shows no stale values across the boundary of an operation; the explorer
 * does.
 */
#include <valgrind/helgrind.h>

#include "history.h"
#include "panic.h"

struct record {
    struct history_op op;
    uint32_t invoked, returned; /* tickets, from 1; returned == 0: pending */
};

/* Each record is written by its own thread only; all are read when those have been joined. */
static struct record records[HISTORY_MAX_OPS];
static uint32_t taken;   /* atomic: records */
static uint32_t tickets; /* atomic */
static uint32_t threads; /* atomic: those that recorded since history_clear, without its caller */
static uint32_t clears;  /* written while no other thread records */
static _Thread_local int me;            /* number of this thread, */
static _Thread_local uint32_t me_since; /* after this many clears */

void history_clear(void) {
    VALGRIND_HG_DISABLE_CHECKING(records, sizeof records);
    VALGRIND_HG_DISABLE_CHECKING(&taken, sizeof taken);
    VALGRIND_HG_DISABLE_CHECKING(&tickets, sizeof tickets);
    VALGRIND_HG_DISABLE_CHECKING(&threads, sizeof threads);
    VALGRIND_HG_DISABLE_CHECKING(&clears, sizeof clears);
    taken = tickets = threads = 0;
    clears++;
    me = 0;
    me_since = clears;
}

/* Relaxed: numbers only. */
static int thread_number(void) {
    if (me_since != clears) {
        me = (int)__atomic_add_fetch(&threads, 1, __ATOMIC_RELAXED);
        me_since = clears;
    }
    return me;
}

/* [H1] an operation's stores are done before its return's ticket is drawn, and no load of a later one
 * before its invocation's. */
static uint32_t draw_ticket(void) {
    return __atomic_add_fetch(&tickets, 1, __ATOMIC_ACQ_REL); /* [H1] both ends */
}

int history_invoke_n(const char *name, int count, int64_t first, int64_t second) {
    /* Relaxed: a number that nobody else gets. */
    uint32_t id = __atomic_fetch_add(&taken, 1, __ATOMIC_RELAXED);
    if (id >= HISTORY_MAX_OPS) panic("history_invoke", "a history has at most 64 operations");
    records[id].op.name = name;
    records[id].op.count = count;
    records[id].op.arguments[0] = first;
    records[id].op.arguments[1] = second;
    records[id].op.thread = thread_number();
    records[id].op.returned = false;
    records[id].op.result = 0;
    records[id].op.code = 0;
    records[id].returned = 0;
    records[id].invoked = draw_ticket();
    return (int)id;
}

void history_return(int id, int64_t result) {
    uint32_t ticket = draw_ticket();
    /* Relaxed: this thread, or one that it is ordered after, has taken the record. */
    uint32_t known = __atomic_load_n(&taken, __ATOMIC_RELAXED);
    if (id < 0 || (uint32_t)id >= known || (uint32_t)id >= HISTORY_MAX_OPS || records[id].returned)
        panic("history_return", "the operation must be one that has been invoked and not returned");
    records[id].op.result = result;
    records[id].op.returned = true;
    records[id].returned = ticket;
}

/* The records' numbers, by thread and then by invocation. */
static int sort_records(uint8_t order[HISTORY_MAX_OPS]) {
    int count = taken < HISTORY_MAX_OPS ? (int)taken : HISTORY_MAX_OPS;
    for (int next = 0; next < count; next++) {
        const struct record *record = &records[next];
        int place = next;
        for (; place; place--) {
            const struct record *earlier = &records[order[place - 1]];
            if (earlier->op.thread < record->op.thread) break;
            if (earlier->op.thread == record->op.thread && earlier->invoked < record->invoked)
                break;
            order[place] = order[place - 1];
        }
        order[place] = (uint8_t)next;
    }
    return count;
}

int history_snapshot(struct history_op ops[HISTORY_MAX_OPS],
                     struct history_precedence *precedence) {
    uint8_t order[HISTORY_MAX_OPS];
    int count = sort_records(order);
    for (int b = 0; b < count; b++) {
        ops[b] = records[order[b]].op;
        precedence->before[b] = 0;
        for (int a = 0; a < count; a++) {
            uint32_t returned = records[order[a]].returned;
            if (returned && returned < records[order[b]].invoked)
                precedence->before[b] |= 1ull << a;
        }
    }
    return count;
}
