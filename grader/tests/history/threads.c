/* threads.c - the recorder under real threads: what it notes, in what order, and what it refuses.
 *
 *     threads notes      who came before whom; prints the history
 *     threads queue      four threads on a queue under a lock, 200 rounds: linearizable
 *     threads stack      a stack that is said to be a queue: not
 *     threads twice      an operation returns twice
 *     threads unknown    an operation that the specification does not have
 *     threads many       the 65th operation
 *     threads own        a specification of the program's own
 */
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "history.h"
#include "panic.h"

enum { THREADS = 4, EACH = 4, ROUNDS = 200 };

_Noreturn void panic(const char *function, const char *rule) {
    printf("panic: %s: %s\n", function, rule);
    exit(3);
}

_Noreturn void scenario_broken(const char *file, int line, const char *condition,
                               const char *promise);
_Noreturn void scenario_broken(const char *file, int line, const char *condition,
                               const char *promise) {
    const char *name = strrchr(file, '/');
    printf("%s:%d: %s\n%s\n", name ? name + 1 : file, line > 0 ? 1 : 0, condition, promise);
    exit(strstr(promise, history_last_report()) && *history_last_report() ? 1 : 4);
}

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int64_t items[THREADS * EACH];
static int first, last;
static bool newest_first;

static void push(int64_t value) {
    pthread_mutex_lock(&lock);
    items[last++] = value;
    pthread_mutex_unlock(&lock);
}

static int64_t pop(void) {
    int64_t value = HISTORY_NONE;
    pthread_mutex_lock(&lock);
    if (first < last) value = newest_first ? items[--last] : items[first++];
    pthread_mutex_unlock(&lock);
    return value;
}

static void clear(void) {
    first = last = 0;
    history_clear();
}

static void *work(void *number) {
    for (int round = 0; round < EACH; round += 2) {
        history_record((push((intptr_t)number * EACH + round), 0), "push",
                       (intptr_t)number * EACH + round);
        history_record(pop(), "pop");
    }
    return NULL;
}

static void run_threads(void) {
    pthread_t threads[THREADS];
    for (intptr_t thread = 0; thread < THREADS; thread++)
        pthread_create(&threads[thread], NULL, work, (void *)thread);
    for (int thread = 0; thread < THREADS; thread++) pthread_join(threads[thread], NULL);
}

static int queue(void) {
    for (int round = 0; round < ROUNDS; round++) {
        clear();
        run_threads();
        history_require_linearizable(&history_queue);
    }
    printf("linearizable\n");
    return 0;
}

static int stack(void) {
    clear();
    newest_first = true;
    for (int64_t value = 1; value <= 2; value++) history_record((push(value), 0), "push", value);
    history_record(pop(), "pop");
    history_require_linearizable(&history_queue);
    return 0;
}

static void *put_and_leave_one_open(void *unused) {
    (void)unused;
    history_record(5, "put", 1, 2);
    history_invoke("remove", 1);
    return NULL;
}

static void print_history(void) {
    struct history_op ops[HISTORY_MAX_OPS];
    struct history_precedence precedence;
    int n = history_snapshot(ops, &precedence);
    for (int op = 0; op < n; op++) {
        printf("%s/%d(%" PRId64 ", %" PRId64 ") by %d", ops[op].name, ops[op].count,
               ops[op].arguments[0], ops[op].arguments[1], ops[op].thread);
        printf(ops[op].returned ? " = %" PRId64 : " open", ops[op].result);
        printf(", after %" PRIx64 "\n", precedence.before[op]);
    }
}

/* Twice: the second history knows nothing of the first. */
static int notes(void) {
    for (int round = 0; round < 2; round++) {
        pthread_t thread;
        history_clear();
        int outer = history_invoke("get", 7);
        pthread_create(&thread, NULL, put_and_leave_one_open, NULL);
        pthread_join(thread, NULL);
        history_return(outer, HISTORY_NONE);
        history_record(1, "contains", 9);
    }
    print_history();
    return 0;
}

static int twice(void) {
    history_clear();
    int id = history_invoke("pop");
    history_return(id, 1);
    history_return(id, 1);
    return 0;
}

static int unknown(void) {
    history_clear();
    history_record(1, "pup");
    history_require_linearizable(&history_queue);
    return 0;
}

static int many(void) {
    history_clear();
    for (int op = 0; op <= HISTORY_MAX_OPS; op++) history_record(HISTORY_NONE, "pop");
    return 0;
}

/* As in the comment of struct history_spec. */
enum { FLIP, LOOK };
static void coin_init(void *state, int64_t parameter) { *(int64_t *)state = parameter; }
static bool coin_apply(void *state, const struct history_op *op) {
    int64_t *side = state;
    if (op->code == FLIP) return *side = !*side, true;
    return history_gives(op, *side);
}
static const struct history_spec coin = {.name = "coin",
                                         .operations = (const char *const[]){"flip", "look", NULL},
                                         .state_bytes = sizeof(int64_t),
                                         .init = coin_init,
                                         .apply = coin_apply};

static int own(void) {
    history_clear();
    history_record(0, "look");
    history_record(0, "flip");
    history_record(1, "look");
    history_require_linearizable(&coin);
    history_record(0, "look");
    history_require_linearizable(&coin);
    return 0;
}

int main(int count, char **arguments) {
    static const struct {
        const char *name;
        int (*run)(void);
    } runs[] = {{"notes", notes},     {"queue", queue}, {"stack", stack}, {"twice", twice},
                {"unknown", unknown}, {"many", many},   {"own", own}};
    for (size_t run = 0; count == 2 && run < sizeof runs / sizeof runs[0]; run++)
        if (!strcmp(runs[run].name, arguments[1])) return runs[run].run();
    return 2;
}
