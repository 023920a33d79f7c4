/* bench.c - what one check costs. From the root:
 *
 *     gcc -std=c17 -D_GNU_SOURCE -O2 -Igrader/runtime/include grader/tests/history/bench.c \
 *         grader/runtime/history/{linearize,memo,digest,specs_cells,specs_sequences,specs_keyed}.c \
 *         grader/runtime/system/panic.c -o /tmp/bench-history && /tmp/bench-history
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "history.h"

static uint64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static struct history_op ops[HISTORY_MAX_OPS];
static struct history_precedence precedence;

/* Each thread pushes and pops in turn, all threads in step: operation k of each overlaps operation k
 * of the others. Every pop gives what a queue gives, except the last if `wrong`. */
static int make(int threads, int each, bool wrong) {
    int n = threads * each, popped = 0;
    memset(&precedence, 0, sizeof precedence);
    for (int op = 0; op < n; op++) {
        int thread = op / each, step = op % each;
        int64_t value = (int64_t)threads * (step / 2) + thread;
        bool push = step % 2 == 0;
        ops[op] = (struct history_op){.name = push ? "push" : "pop",
                                      .arguments = {push ? value : 0},
                                      .count = push,
                                      .thread = thread + 1,
                                      .returned = true,
                                      .result = push ? 0 : value};
        if (!push) popped = op;
        for (int other = 0; other < n; other++)
            if (other % each < step) precedence.before[op] |= 1ull << other;
    }
    if (wrong) ops[popped].result = -1;
    return n;
}

typedef bool judge(const struct history_op *, int, const struct history_precedence *,
                   const struct history_spec *, struct history_verdict *);

static void measure(const char *title, int n, judge *check) {
    enum { TIMES = 200000 };
    struct history_verdict verdict;
    uint64_t start = now_ns(), answers = 0;
    for (int time = 0; time < TIMES; time++)
        answers += check(ops, n, &precedence, &history_queue, &verdict);
    printf("%-44s %7.0f ns   %s, %llu steps\n", title, (double)(now_ns() - start) / TIMES,
           answers ? "linearizable" : "not", (unsigned long long)verdict.steps);
}

int main(void) {
    measure("queue, 3 threads x 2, right", make(3, 2, false), history_linearizable);
    measure("queue, 3 threads x 2, right, seen before", make(3, 2, false),
            history_linearizable_cached);
    measure("queue, 3 threads x 2, wrong", make(3, 2, true), history_linearizable);
    measure("queue, 2 threads x 3, right", make(2, 3, false), history_linearizable);
    measure("queue, 4 threads x 16, right", make(4, 16, false), history_linearizable);
    return 0;
}
