/* judge.c - reads histories from standard input, and prints what the checker says of each.
 *
 *     history SPEC PARAMETER OPERATIONS
 *     NAME THREAD COUNT FIRST SECOND RETURNED RESULT      for each operation; "none": HISTORY_NONE
 *     BEFORE                                              for each operation: a set of bits, in hex
 *
 * prints: the answer, key by key or not, the prefix, the operations refused, whether the cached check
 * said the same twice. With an argument: the report of each history instead.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "history.h"

enum { NAMES = 1 << 12, REPORT = 1 << 14 };

static struct history_op ops[HISTORY_MAX_OPS];
static struct history_precedence precedence;
static char names[NAMES];

_Noreturn void panic(const char *function, const char *rule);
_Noreturn void panic(const char *function, const char *rule) {
    printf("panic: %s: %s\n", function, rule);
    exit(3);
}

static _Noreturn void give_up(const char *what) {
    fprintf(stderr, "judge: cannot read %s\n", what);
    exit(2);
}

static struct history_spec spec_named(const char *name, int64_t parameter) {
    struct history_spec register_ = HISTORY_REGISTER(parameter);
    struct history_spec counter = HISTORY_COUNTER(parameter);
    struct history_spec queue = HISTORY_BOUNDED_QUEUE(parameter);
    struct history_spec stack = HISTORY_BOUNDED_STACK(parameter);
    const struct {
        const char *name;
        struct history_spec spec;
    } all[] = {
        {"register", register_},       {"counter", counter},
        {"bounded queue", queue},      {"bounded stack", stack},
        {"queue", history_queue},      {"stack", history_stack},
        {"set", history_set},          {"map", history_map},
        {"mutex", history_mutex},      {"register0", history_register},
        {"counter0", history_counter},
    };
    for (size_t spec = 0; spec < sizeof all / sizeof all[0]; spec++)
        if (!strcmp(all[spec].name, name)) return all[spec].spec;
    give_up(name);
}

static int64_t read_value(void) {
    char word[32];
    if (scanf("%31s", word) != 1) give_up("a value");
    return strcmp(word, "none") ? strtoll(word, NULL, 10) : HISTORY_NONE;
}

static void read_operations(int n) {
    size_t used = 0;
    for (int op = 0; op < n; op++) {
        int returned;
        ops[op].name = names + used;
        if (scanf("%31s %d %d", names + used, &ops[op].thread, &ops[op].count) != 3) give_up("op");
        used += strlen(names + used) + 1;
        ops[op].arguments[0] = read_value();
        ops[op].arguments[1] = read_value();
        if (scanf("%d", &returned) != 1) give_up("returned");
        ops[op].returned = returned;
        ops[op].result = read_value();
    }
    for (int op = 0; op < n; op++)
        if (scanf("%" SCNx64, &precedence.before[op]) != 1) give_up("before");
}

/* The cached check twice: the second may come from the cache. */
static bool cache_agrees(int n, const struct history_spec *spec, bool expected) {
    struct history_verdict verdict;
    return history_linearizable_cached(ops, n, &precedence, spec, &verdict) == expected &&
           history_linearizable_cached(ops, n, &precedence, spec, &verdict) == expected;
}

static void print_verdict(int n, const struct history_spec *spec,
                          const struct history_verdict *verdict) {
    static const char *const answers[] = {"yes", "no", "undecided", "unknown"};
    bool agrees = cache_agrees(n, spec, verdict->answer == HISTORY_LINEARIZABLE);
    printf("%s %s", answers[verdict->answer], verdict->by_key ? "key" : "whole");
    printf(" %" PRIx64 " %s", verdict->refused, agrees ? "same" : "differs");
    for (int place = 0; place < verdict->prefix_count; place++)
        printf(" %d", verdict->prefix[place]);
    printf("\n");
}

int main(int count, char **arguments) {
    char name[32];
    int64_t parameter;
    int n;
    (void)arguments;
    while (scanf(" history %31s %" SCNd64 " %d\n", name, &parameter, &n) == 3) {
        static char report[REPORT];
        struct history_verdict verdict;
        for (char *at = name; *at; at++)
            if (*at == '-') *at = ' ';
        struct history_spec spec = spec_named(name, parameter);
        read_operations(n <= HISTORY_MAX_OPS ? n : 0);
        history_linearizable(ops, n, &precedence, &spec, &verdict);
        if (count == 1) {
            print_verdict(n, &spec, &verdict);
        } else {
            history_report(ops, n, &precedence, &spec, &verdict, report, sizeof report);
            printf("%s", report);
        }
    }
    return 0;
}
