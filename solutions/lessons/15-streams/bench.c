/* bench.c - what a value costs on its way, and how many of them are on it.
 *
 * One worker: tasks that forward a source through a channel to a for_each. By hand: the three operations
 * of one value, beside the three locks that they take. Operators: beside a loop that calls the same
 * functions. Two threads: the channel beside the classic bounded buffer, a mutex and two condition
 * variables; on one processor, then on two. Memory: a fast source and a slow sink, beside that buffer and
 * a list without a bound.
 *
 * Nanoseconds for each value of the source, each the median of ROUNDS runs; the contenders take turns
 * within a round. A sleep is a voluntary context switch of either thread. Absolute figures drift;
 * compare within one table.
 */
#include <malloc.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "channel.h"
#include "clock.h"
#include "executor.h"
#include "mutex.h"
#include "stream.h"

enum { ROUNDS = 9, SLOTS = 1024, SENDERS = 4, VALUES = 1 << 20, CROSSINGS = 200000 };
enum { ITEMS = 2048, TIMES = 500 };
enum { SLOW_ROUNDS = 3, MANY = 1000000, SLOW_NS = 1000 };

/* --- the watch ----------------------------------------------------------------------------------- */

struct figure {
    double ns, sleeps; /* for each value; for a thousand */
};

struct watch {
    uint64_t began;
    long slept;
};

static long sleeps_so_far(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_nvcsw;
}

static struct watch watch_start(void) {
    long slept = sleeps_so_far();
    return (struct watch){clock_now_ns(), slept};
}

static struct figure watch_stop(struct watch watch, double values) {
    uint64_t took = clock_now_ns() - watch.began;
    return (struct figure){.ns = (double)took / values,
                           .sleeps = (double)(sleeps_so_far() - watch.slept) * 1e3 / values};
}

/* --- a source and a sink ------------------------------------------------------------------------- */

/* Values that were produced and not consumed. */
static _Atomic(size_t) alive;
static size_t most; /* the producer's */

static void produced(void) {
    /* Relaxed: only counts. Only the producer adds, so it sees each maximum. */
    size_t now = atomic_fetch_add_explicit(&alive, 1, memory_order_relaxed) + 1;
    if (now > most) most = now;
}
static void consumed(void) {
    atomic_fetch_sub_explicit(&alive, 1, memory_order_relaxed); /* relaxed: only counts */
}

/* The numbers below `end`. Always ready. */
struct source {
    struct stream stream;
    uintptr_t at, end;
    bool counted; /* by `alive` */
};

static enum poll_next source_poll(struct stream *self, struct context *context,
                                  struct output *output) {
    struct source *source = (struct source *)self;
    (void)context;
    if (source->at == source->end) {
        *output = (struct output){0};
        return STREAM_END;
    }
    if (source->counted) produced();
    *output = (struct output){.value = source->at++};
    return STREAM_ITEM;
}
static void source_drop(struct stream *self) { (void)self; }

static void source_init(struct source *source, uintptr_t end, bool counted) {
    static const struct stream_vtable vtable = {source_poll, source_drop};
    *source = (struct source){.end = end, .counted = counted};
    stream_init(&source->stream, &vtable);
}

static int add(void *sum, uintptr_t value) {
    *(uintptr_t *)sum += value;
    return 0;
}
static int add_slowly(void *sum, uintptr_t value) {
    uint64_t until = clock_now_ns() + SLOW_NS;
    while (clock_now_ns() < until) continue;
    consumed();
    return add(sum, value);
}

/* The sum of the numbers below `end`, so that no value is lost or there twice. */
static void expect(uintptr_t sum, uintptr_t end, uintptr_t times) {
    if (sum != end * (end - 1) / 2 * times) abort();
}

/* --- the channel --------------------------------------------------------------------------------- */

static struct executor executor;
static struct task tasks[SENDERS + 1];
static struct channel channel;
static uintptr_t slots[SLOTS], sum;
static struct channel_receiver receiver;
static struct for_each sink;
static struct source sources[SENDERS];
static struct forward forwards[SENDERS];

static void make_channel(size_t capacity, unsigned senders, uintptr_t values, bool counted) {
    sum = 0;
    channel_init(&channel, slots, capacity, senders, NULL);
    channel_receive(&channel, &receiver);
    for_each_init(&sink, &receiver.stream, counted ? add_slowly : add, &sum);
    for (unsigned n = 0; n < senders; n++) {
        source_init(&sources[n], values / senders, counted);
        forward_init(&forwards[n], &sources[n].stream, &channel);
    }
}

/* All on one worker. */
static struct figure by_tasks(size_t capacity, unsigned senders) {
    make_channel(capacity, senders, VALUES, false);
    executor_init(&executor, 1);
    for (unsigned n = 0; n < senders; n++)
        executor_spawn(&executor, &tasks[n], &forwards[n].future, NULL, NULL);
    executor_spawn(&executor, &tasks[senders], &sink.future, NULL, NULL);
    struct watch watch = watch_start();
    executor_run(&executor);
    struct figure figure = watch_stop(watch, VALUES);
    expect(sum, VALUES / senders, senders);
    return figure;
}

static struct figure one_sender(size_t capacity) { return by_tasks(capacity, 1); }
static struct figure four_senders(size_t capacity) { return by_tasks(capacity, SENDERS); }

/* --- by hand ------------------------------------------------------------------------------------- */

static struct waker idle_clone(void *data);
static void idle(void *data) { (void)data; }
static const struct waker_vtable idle_vtable = {idle_clone, idle, idle, idle};
static struct waker idle_clone(void *data) { return (struct waker){&idle_vtable, data}; }
static const struct waker idler = {&idle_vtable, NULL};

static struct figure by_hand(size_t capacity) {
    struct context context = {&idler};
    struct channel_reserve reserve;
    struct output output;
    sum = 0;
    channel_init(&channel, slots, capacity, 1, NULL);
    channel_receive(&channel, &receiver);
    struct watch watch = watch_start();
    for (uintptr_t n = 0; n < VALUES; n++) {
        channel_reserve_init(&reserve, &channel);
        if (future_poll(&reserve.future, &context, &output) != POLL_READY) abort();
        future_drop(&reserve.future);
        channel_put(&channel, n);
        if (stream_poll_next(&receiver.stream, &context, &output) != STREAM_ITEM) abort();
        sum += output.value;
    }
    struct figure figure = watch_stop(watch, VALUES);
    stream_drop(&receiver.stream);
    expect(sum, VALUES, 1);
    return figure;
}

static struct figure locks(size_t count) {
    static struct mutex lock = MUTEX_INIT;
    struct watch watch = watch_start();
    for (uintptr_t n = 0; n < VALUES; n++)
        for (size_t time = 0; time < count; time++) {
            mutex_lock(&lock);
            mutex_unlock(&lock);
        }
    return watch_stop(watch, VALUES);
}

/* --- operators ----------------------------------------------------------------------------------- */

static uintptr_t items[ITEMS];

static struct output plus_one(void *env, uintptr_t value) {
    (void)env;
    return (struct output){.value = value + 1};
}
static bool is_even(void *env, uintptr_t value) {
    (void)env;
    return value % 2 == 0;
}

static struct figure only_items(size_t unused) {
    static struct stream_items source;
    struct watch watch = watch_start();
    (void)unused;
    for (int times = 0; times < TIMES; times++) {
        stream_items_init(&source, items, ITEMS);
        for_each_init(&sink, &source.stream, add, &sum);
        if (block_on(&sink.future).value != ITEMS) abort();
    }
    return watch_stop(watch, (double)TIMES * ITEMS);
}

static struct figure operators(size_t unused) {
    static struct stream_items source;
    static struct stream_map map;
    static struct stream_filter filter;
    struct watch watch = watch_start();
    (void)unused;
    for (int times = 0; times < TIMES; times++) {
        stream_items_init(&source, items, ITEMS);
        stream_map_init(&map, &source.stream, plus_one, NULL);
        stream_filter_init(&filter, &map.stream, is_even, NULL);
        for_each_init(&sink, &filter.stream, add, &sum);
        if (block_on(&sink.future).value != ITEMS / 2) abort();
    }
    return watch_stop(watch, (double)TIMES * ITEMS);
}

/* The same functions in a loop; volatile, so that they are called and not written out. */
static struct figure loop(size_t unused) {
    static struct output (*volatile apply)(void *, uintptr_t) = plus_one;
    static bool (*volatile keep)(void *, uintptr_t) = is_even;
    static int (*volatile each)(void *, uintptr_t) = add;
    struct watch watch = watch_start();
    (void)unused;
    for (int times = 0; times < TIMES; times++)
        for (int n = 0; n < ITEMS; n++) {
            struct output got = apply(NULL, items[n]);
            if (!got.error && keep(NULL, got.value)) each(&sum, got.value);
        }
    return watch_stop(watch, (double)TIMES * ITEMS);
}

/* --- two threads --------------------------------------------------------------------------------- */

static pthread_barrier_t both;
static int processors[2], other; /* two that we may use; which of them the sender has */

static void find_processors(void) {
    cpu_set_t ours;
    if (sched_getaffinity(0, sizeof ours, &ours) != 0) abort();
    for (int cpu = 0, found = 0; cpu < CPU_SETSIZE && found < 2; cpu++)
        if (CPU_ISSET(cpu, &ours)) processors[found++] = processors[1] = cpu;
}

/* Where the scheduler puts two threads that wake each other is a matter of luck; so we say it. */
static void stay_on(int processor) {
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(processor, &one);
    if (sched_setaffinity(0, sizeof one, &one) != 0) abort();
}

/* One thread sends, the caller receives. */
static struct figure cross(void *(*sends)(void *), void (*receives)(uintptr_t), uintptr_t values) {
    pthread_t thread;
    pthread_barrier_init(&both, NULL, 2);
    if (pthread_create(&thread, NULL, sends, &values) != 0) abort();
    pthread_barrier_wait(&both);
    struct watch watch = watch_start();
    receives(values);
    pthread_join(thread, NULL);
    struct figure figure = watch_stop(watch, (double)values);
    pthread_barrier_destroy(&both);
    expect(sum, values, 1);
    return figure;
}

static void *channel_sends(void *unused) {
    (void)unused;
    stay_on(processors[other]);
    pthread_barrier_wait(&both);
    block_on(&forwards[0].future);
    return NULL;
}
static void channel_receives(uintptr_t values) {
    if (block_on(&sink.future).value != values) abort();
}

static struct figure by_channel(size_t capacity) {
    make_channel(capacity, 1, CROSSINGS, false);
    return cross(channel_sends, channel_receives, CROSSINGS);
}

/* The classic bounded buffer. */
static struct {
    pthread_mutex_t lock;
    pthread_cond_t not_full, not_empty;
    size_t capacity, first, count;
    bool counted; /* by `alive` */
} buffer = {.lock = PTHREAD_MUTEX_INITIALIZER,
            .not_full = PTHREAD_COND_INITIALIZER,
            .not_empty = PTHREAD_COND_INITIALIZER};

static void *buffer_sends(void *end) {
    uintptr_t values = *(uintptr_t *)end;
    stay_on(processors[other]);
    pthread_barrier_wait(&both);
    for (uintptr_t n = 0; n < values; n++) {
        if (buffer.counted) produced();
        pthread_mutex_lock(&buffer.lock);
        while (buffer.count == buffer.capacity) pthread_cond_wait(&buffer.not_full, &buffer.lock);
        size_t last = buffer.first + buffer.count++;
        slots[last < buffer.capacity ? last : last - buffer.capacity] = n;
        pthread_mutex_unlock(&buffer.lock);
        pthread_cond_signal(&buffer.not_empty);
    }
    return NULL;
}
static void buffer_receives(uintptr_t values) {
    for (uintptr_t n = 0; n < values; n++) {
        pthread_mutex_lock(&buffer.lock);
        while (buffer.count == 0) pthread_cond_wait(&buffer.not_empty, &buffer.lock);
        uintptr_t value = slots[buffer.first];
        if (++buffer.first == buffer.capacity) buffer.first = 0;
        buffer.count--;
        pthread_mutex_unlock(&buffer.lock);
        pthread_cond_signal(&buffer.not_full);
        (buffer.counted ? add_slowly : add)(&sum, value);
    }
}

static struct figure through_buffer(size_t capacity, uintptr_t values, bool counted) {
    sum = 0;
    buffer.capacity = capacity;
    buffer.first = buffer.count = 0;
    buffer.counted = counted;
    return cross(buffer_sends, buffer_receives, values);
}
static struct figure by_buffer(size_t capacity) {
    return through_buffer(capacity, CROSSINGS, false);
}

/* --- memory -------------------------------------------------------------------------------------- */

/* A list without a bound. */
struct node {
    struct node *next;
    uintptr_t value;
};
static struct {
    pthread_mutex_t lock;
    pthread_cond_t not_empty;
    struct node *first, **last;
} list = {.lock = PTHREAD_MUTEX_INITIALIZER, .not_empty = PTHREAD_COND_INITIALIZER};

static void *list_sends(void *end) {
    uintptr_t values = *(uintptr_t *)end;
    stay_on(processors[other]);
    pthread_barrier_wait(&both);
    for (uintptr_t n = 0; n < values; n++) {
        struct node *node = malloc(sizeof *node);
        if (!node) abort();
        *node = (struct node){.value = n};
        produced();
        pthread_mutex_lock(&list.lock);
        *list.last = node;
        list.last = &node->next;
        pthread_mutex_unlock(&list.lock);
        pthread_cond_signal(&list.not_empty);
    }
    return NULL;
}
static void list_receives(uintptr_t values) {
    for (uintptr_t n = 0; n < values; n++) {
        pthread_mutex_lock(&list.lock);
        while (!list.first) pthread_cond_wait(&list.not_empty, &list.lock);
        struct node *node = list.first;
        list.first = node->next;
        if (!list.first) list.last = &list.first;
        pthread_mutex_unlock(&list.lock);
        add_slowly(&sum, node->value);
        free(node);
    }
}

static struct figure slow_channel(size_t capacity) {
    make_channel(capacity, 1, MANY, true);
    return cross(channel_sends, channel_receives, MANY);
}
static struct figure slow_buffer(size_t capacity) { return through_buffer(capacity, MANY, true); }
static struct figure slow_list(size_t unused) {
    (void)unused;
    sum = 0;
    list.first = NULL;
    list.last = &list.first;
    return cross(list_sends, list_receives, MANY);
}

/* What one node takes from the heap. */
static size_t node_bytes(void) {
    struct node *node = malloc(sizeof *node);
    size_t bytes = malloc_usable_size(node) + sizeof(size_t);
    free(node);
    return bytes;
}

/* --- the tables ---------------------------------------------------------------------------------- */

static const struct row {
    const char *heading, *name;
    struct figure (*measure)(size_t size);
    size_t size;
    bool apart; /* the threads, on two processors */
} rows[] =
    {
        {"one worker", "forward, channel of 64, for_each", one_sender, 64, false},
        {NULL, "forward, channel of 1, for_each", one_sender, 1, false},
        {NULL, "four forwards, channel of 64, for_each", four_senders, 64, false},
        {"by hand, nobody waits", "reserve, put, poll_next; channel of 64", by_hand, 64, false},
        {NULL, "three times mutex_lock and mutex_unlock", locks, 3, false},
        {"operators", "items, for_each", only_items, 0, false},
        {NULL, "items, map, filter (every other), for_each", operators, 0, false},
        {NULL, "a loop that calls the same functions", loop, 0, false},
        {"two threads, one processor", "channel, 64 slots", by_channel, 64, false},
        {NULL, "mutex and two condition variables, 64 slots", by_buffer, 64, false},
        {NULL, "channel, 1024 slots", by_channel, 1024, false},
        {NULL, "mutex and two condition variables, 1024 slots", by_buffer, 1024, false},
        {"two threads, two processors", "channel, 64 slots", by_channel, 64, true},
        {NULL, "mutex and two condition variables, 64 slots", by_buffer, 64, true},
        {NULL, "channel, 1024 slots", by_channel, 1024, true},
        {NULL, "mutex and two condition variables, 1024 slots", by_buffer, 1024, true},
},
  slow_rows[] = {
      {NULL, "channel, 64 slots", slow_channel, 64, true},
      {NULL, "mutex and two condition variables, 64 slots", slow_buffer, 64, true},
      {NULL, "list without a bound, malloc for each node", slow_list, 0, true},
};
enum { ROWS = sizeof rows / sizeof rows[0], SLOW_ROWS = sizeof slow_rows / sizeof slow_rows[0] };

static int ascending(const void *left, const void *right) {
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}
static double median(double *values, size_t count) {
    qsort(values, count, sizeof *values, ascending);
    return values[count / 2];
}

static struct figure measure(const struct row *row) {
    other = row->apart;
    return row->measure(row->size);
}

static void times(void) {
    static double ns[ROWS][ROUNDS], sleeps[ROWS][ROUNDS];
    for (int round = -1; round < ROUNDS; round++) /* the first is to warm */
        for (int row = 0; row < ROWS; row++) {
            struct figure figure = measure(&rows[row]);
            if (round < 0) continue;
            ns[row][round] = figure.ns;
            sleeps[row][round] = figure.sleeps;
        }
    for (int row = 0; row < ROWS; row++) {
        if (rows[row].heading)
            printf("%s%-58s %8s %8s %8s\n", row > 0 ? "\n" : "", rows[row].heading, "ns", "M/s",
                   "sleeps/k");
        double each = median(ns[row], ROUNDS);
        printf("%-58s %8.1f %8.1f %8.2f\n", rows[row].name, each, 1e3 / each,
               median(sleeps[row], ROUNDS));
    }
}

static void memory(void) {
    static double ns[SLOW_ROWS][SLOW_ROUNDS];
    static size_t peaks[SLOW_ROWS];
    for (int round = 0; round < SLOW_ROUNDS; round++)
        for (int row = 0; row < SLOW_ROWS; row++) {
            most = 0;
            ns[row][round] = measure(&slow_rows[row]).ns;
            if (most > peaks[row]) peaks[row] = most;
        }
    printf("\n%-58s %8s %8s\n", "two processors, a million values, 1 us each in the sink", "ns",
           "at most");
    for (int row = 0; row < SLOW_ROWS; row++)
        printf("%-58s %8.1f %8zu\n", slow_rows[row].name, median(ns[row], SLOW_ROUNDS), peaks[row]);
}

int main(void) {
    find_processors();
    stay_on(processors[0]);
    for (uintptr_t n = 0; n < ITEMS; n++) items[n] = n;
    times();
    memory();
    printf("\n%zu bytes: channel, and 8 for each slot; %zu: node, as malloc counts it.\n",
           sizeof channel, node_bytes());
    printf("Medians of %d rounds, of %d with the slow sink, on %ld processors.\n", ROUNDS,
           SLOW_ROUNDS, sysconf(_SC_NPROCESSORS_ONLN));
    return 0;
}
