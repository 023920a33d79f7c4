/* plot.c - what a list, credits and a rate do with the same events, in real time.
 *
 *     make plot U=06-backpressure             (or: plot events.csv none|credits|rate)
 *
 *     source --> socket pair --> reader --> queue --> slow stage
 *
 * The source is one thread, all behind the socket is another, and main writes a line every 10 ms. The
 * slow stage needs 1.6 us for a byte: the average is less than it can do, a burst is more.
 *
 * none:     the queue is a list. It takes whatever comes.
 * credits:  the queue is a gate of 64 slots. While the reader has an offer that waits, it does not
 *           read; so the socket fills, and the source waits.
 * rate:     as credits; and the latency of each finished value goes back to the source, which finds
 *           its speed by them.
 *
 * A line: milliseconds; values accepted and not finished; values offered in the last 100 ms, in a
 * second; latency in us of the value finished last, from its offer (when the source turned to the
 * socket with it) to its end; events that are due and still with the source. These age, too: the age
 * in the summary counts from the event's own time. The slow stage is no faster behind a gate; so
 * backpressure moves the wait to the source, and does not shorten it. No two runs are alike.
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <inttypes.h>
#include <malloc.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "clock.h"
#include "gate.h"
#include "rate.h"

enum { SLOTS = 64, PRODUCERS = 3, MOST_EVENTS = 10000, SOCKET_BYTES = 4096, NS_PER_BYTE = 1600 };
enum { LINE_MS = 10, RATE_LINES = 10 };
#define MS UINT64_C(1000000)

/* The rate: values per second; the latency above which it is too fast. */
enum { LEAST = 200, MOST = 2000, STEP = 200, AIM_MS = 50 };

/* An event, in the file, on the socket and in the queue. Nanoseconds of clock.h. */
struct event {
    uint64_t due_ns, offered_ns;
    uint32_t producer, lane, bytes, number; /* number: in the file */
};

static enum { NONE, CREDITS, RATE } mode;
static struct event events[MOST_EVENTS];
static uint32_t count;
static uint64_t begin_ns;
static int sockets[2]; /* the source's, the reader's */

/* What main looks at. Each is a number for itself and orders nothing: relaxed suffices. */
typedef _Atomic(uint64_t) figure;
static figure queue_now, offered_now, latency_now, ended;
static void set(figure *f, uint64_t n) { atomic_store_explicit(f, n, memory_order_relaxed); }
static uint64_t get(figure *f) { return atomic_load_explicit(f, memory_order_relaxed); }

static _Noreturn void fail(const char *what, const char *why) {
    fprintf(stderr, "plot: %s: %s\n", what, why);
    exit(1);
}

/* --- one end of the socket pair */

/* What goes over it, and how much of it has gone. */
struct record {
    size_t at;
    union {
        struct event event;
        uint64_t latency;
    };
};
enum moved { WHOLE, LATER, END };

/* Go on sending or receiving a record; never waits. */
static enum moved move(int socket, struct record *record, size_t size, bool sends) {
    while (record->at < size) {
        void *here = (char *)&record->event + record->at;
        size_t left = size - record->at;
        ssize_t moved = sends ? send(socket, here, left, MSG_DONTWAIT | MSG_NOSIGNAL)
                              : recv(socket, here, left, MSG_DONTWAIT);
        if (moved == 0) return END;
        if (moved < 0 && errno == EAGAIN) return LATER;
        if (moved < 0 && errno != EINTR) fail("socket", strerror(errno));
        if (moved > 0) record->at += (size_t)moved;
    }
    return WHOLE;
}

/* Sleep until the socket can do one of these, or until this moment (UINT64_MAX: for ever). */
static void wait_for(int socket, short what, uint64_t until_ns) {
    struct pollfd wanted = {.fd = what ? socket : -1, .events = what};
    uint64_t now = clock_now_ns(), left = until_ns > now ? until_ns - now : 0;
    struct timespec time = {(time_t)(left / (1000 * MS)), (long)(left % (1000 * MS))};
    if (ppoll(&wanted, 1, until_ns == UINT64_MAX ? NULL : &time, NULL) < 0 && errno != EINTR)
        fail("ppoll", strerror(errno));
}

/* --- the source */

static struct rate rate;

/* The latencies that have come back. They must be read, or the reader finds no room for them. */
static void listen_back(void) {
    static struct record back;
    while (mode == RATE && move(sockets[0], &back, sizeof back.latency, false) == WHOLE) {
        rate_sample(&rate, back.latency, clock_now_ns());
        back.at = 0;
    }
}

static void sleep_until(uint64_t moment_ns) {
    while (clock_now_ns() < moment_ns) {
        wait_for(sockets[0], mode == RATE ? POLLIN : 0, moment_ns);
        listen_back();
    }
}

static void *run_source(void *unused) {
    prctl(PR_SET_TIMERSLACK, 1UL);
    rate_init(&rate, LEAST, MOST, STEP, AIM_MS * MS, begin_ns);
    for (uint32_t n = 0; n < count; n++) {
        sleep_until(events[n].due_ns);
        if (mode == RATE) sleep_until(rate_next(&rate, clock_now_ns()));
        events[n].offered_ns = clock_now_ns();
        struct record record = {.event = events[n]};
        while (move(sockets[0], &record, sizeof record.event, true) == LATER) {
            wait_for(sockets[0], mode == RATE ? POLLIN | POLLOUT : POLLOUT, UINT64_MAX);
            listen_back();
        }
        set(&offered_now, n + 1);
    }
    if (shutdown(sockets[0], SHUT_WR) != 0) fail("shutdown", strerror(errno));
    return unused;
}

/* --- the queue: a list without a bound, or a gate */

static struct node {
    struct event event;
    struct node *next; /* in the list */
} * first, **last = &first;
static size_t node_bytes, length, longest; /* length: values accepted and not finished */

static struct gate_slot slots[SLOTS];
static struct gate gate;
static enum gate_lane lanes[PRODUCERS];
static struct gate_producer producers[PRODUCERS];
static struct gate_receiver receiver;
static struct gate_offer offer;
static bool offers; /* the offer is alive */

/* One thread polls all that is in the gate, again after each step; so nobody need be woken. */
static struct context nobody = {&(struct waker){0}};

static void gate_make(void) {
    gate_init(&gate, slots, SLOTS, NULL);
    for (int n = 0; n < PRODUCERS; n++) gate_join(&gate, &producers[n], lanes[n], GATE_WAIT);
    gate_receive(&gate, &receiver);
}

static void is_accepted(void) {
    if (++length > longest) longest = length;
    set(&queue_now, length);
}

/* Poll the offer that is under way. Returns whether another may begin. */
static bool go_on_offering(void) {
    struct output output;
    if (!offers) return true;
    if (future_poll(&offer.future, &nobody, &output) == POLL_PENDING) return false;
    if (output.error || output.value != GATE_ACCEPTED) fail("gate_offer", "is not accepted");
    future_drop(&offer.future);
    is_accepted();
    return !(offers = false);
}

static void queue_put(struct event event) {
    struct node *node = malloc(sizeof *node);
    if (!node) fail("malloc", strerror(errno));
    node_bytes = malloc_usable_size(node) + sizeof(size_t);
    *node = (struct node){.event = event};
    if (mode == NONE) {
        *last = node;
        last = &node->next;
        is_accepted();
    } else {
        gate_offer_init(&offer, &producers[event.producer], (uintptr_t)node);
        offers = true;
    }
}

/* The next value, or NULL. */
static struct node *queue_take(void) {
    struct node *node = first;
    struct output got = {0};
    if (mode != NONE) {
        bool some = stream_poll_next(&receiver.stream, &nobody, &got) == STREAM_ITEM;
        return some ? (struct node *)got.value : NULL;
    }
    if (node && !(first = node->next)) last = &first;
    return node;
}

/* --- the reader and the slow stage */

static uint64_t latencies[MOST_EVENTS], ages[MOST_EVENTS];
static uint32_t received, finished;

/* Read while there is room in the queue. Returns false at the end. */
static bool read_events(void) {
    static struct record in;
    while (go_on_offering()) {
        enum moved moved = move(sockets[1], &in, sizeof in.event, false);
        if (moved != WHOLE) return moved == LATER;
        if (received++ == count) fail("socket", "more events than the file has");
        queue_put(in.event);
        in.at = 0;
    }
    return true;
}

/* One that finds no room is left out: the next says the same. */
static void send_back(uint64_t latency) {
    static struct record out;
    if (out.at > 0 && move(sockets[1], &out, sizeof latency, true) == LATER) return;
    out = (struct record){.latency = latency};
    move(sockets[1], &out, sizeof latency, true);
}

static void finish(struct node *node) {
    uint64_t now = clock_now_ns(), latency = now - node->event.offered_ns;
    latencies[finished] = latency;
    ages[finished++] = now - node->event.due_ns;
    free(node);
    if (mode != NONE) gate_done(&gate);
    set(&queue_now, --length);
    set(&latency_now, latency);
    if (mode == RATE) send_back(latency);
}

static void *run_receiver(void *unused) {
    struct node *working = NULL; /* the value in the slow stage, and when it is done: */
    uint64_t done_ns = 0;
    prctl(PR_SET_TIMERSLACK, 1UL);
    for (bool more = true; more || finished < received;) {
        if (working && done_ns <= clock_now_ns()) {
            finish(working);
            working = NULL;
        }
        more = more && read_events();
        if (!more) go_on_offering();
        if (!working && (working = queue_take()))
            done_ns = clock_now_ns() + (uint64_t)working->event.bytes * NS_PER_BYTE;
        if (more || working)
            wait_for(sockets[1], more && !offers ? POLLIN : 0, working ? done_ns : UINT64_MAX);
    }
    if (mode != NONE) stream_drop(&receiver.stream);
    set(&ended, true); /* pthread_join orders the rest */
    return unused;
}

/* --- the file, the lines, the summary */

static void read_file(const char *name) {
    FILE *file = fopen(name, "r");
    char line[128];
    uint64_t us;
    if (!file) fail(name, strerror(errno));
    for (bool heading = true; fgets(line, sizeof line, file); heading = false) {
        if (heading) continue;
        struct event event = {.number = count};
        if (count == MOST_EVENTS) fail(name, "has too many events");
        if (sscanf(line, "%" SCNu64 ",%" SCNu32 ",%" SCNu32 ",%" SCNu32, &us, &event.producer,
                   &event.lane, &event.bytes) != 4 ||
            event.producer >= PRODUCERS || event.lane >= GATE_LANES)
            fail(name, line);
        lanes[event.producer] = (enum gate_lane)event.lane;
        event.due_ns = us * 1000;
        events[count++] = event;
    }
    if (ferror(file) || count == 0) fail(name, "cannot be read, or has no events");
    fclose(file);
}

static void write_lines(void) {
    uint64_t before[RATE_LINES] = {0};
    uint32_t due = 0;
    for (uint64_t line = 1; !get(&ended); line++) {
        wait_for(-1, 0, begin_ns + line * LINE_MS * MS);
        uint64_t now = clock_now_ns(), offered = get(&offered_now);
        while (due < count && events[due].due_ns <= now) due++;
        printf("%" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 "\n",
               (now - begin_ns) / MS, get(&queue_now),
               (offered - before[line % RATE_LINES]) * 1000 / (LINE_MS * RATE_LINES),
               get(&latency_now) / 1000, due > offered ? due - offered : 0);
        before[line % RATE_LINES] = offered;
    }
    if (fflush(stdout) != 0 || ferror(stdout)) fail("stdout", strerror(errno));
}

static int ascending(const void *left, const void *right) {
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return (a > b) - (a < b);
}
static double percentile_ms(uint64_t *values, unsigned percent) {
    qsort(values, finished, sizeof *values, ascending);
    return (double)values[(uint64_t)(finished - 1) * percent / 100] / (double)MS;
}

static void make_sockets(void) {
    const int bytes = SOCKET_BYTES, options[] = {SO_SNDBUF, SO_RCVBUF};
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, sockets) != 0) fail("socketpair", strerror(errno));
    for (int n = 0; n < 4; n++)
        if (setsockopt(sockets[n / 2], SOL_SOCKET, options[n % 2], &bytes, sizeof bytes) != 0)
            fail("setsockopt", strerror(errno));
}

int main(int arguments, char **argument) {
    static const char *const names[] = {"none", "credits", "rate"};
    pthread_t source, server;
    if (arguments != 3) fail("usage", "plot EVENTS.csv none|credits|rate");
    while (strcmp(argument[2], names[mode]) != 0)
        if (mode++ == RATE) fail(argument[2], "is none of none, credits, rate");
    read_file(argument[1]);
    if (mode != NONE) gate_make();
    make_sockets();
    begin_ns = clock_now_ns();
    for (uint32_t n = 0; n < count; n++) events[n].due_ns += begin_ns;
    if ((errno = pthread_create(&server, NULL, run_receiver, NULL)) != 0 ||
        (errno = pthread_create(&source, NULL, run_source, NULL)) != 0)
        fail("pthread_create", strerror(errno));
    write_lines();
    pthread_join(source, NULL);
    pthread_join(server, NULL);
    if (finished != count) fail("the pipeline", "has not finished all events");
    size_t bytes = longest * node_bytes + (mode == NONE ? 0 : sizeof gate + sizeof slots);
    fprintf(stderr,
            "%-8s %" PRIu32 " events, %" PRIu32 " finished; queue: at most %zu values, %zu bytes; "
            "latency: median %.1f ms, 99%% %.1f ms; age: median %.1f ms, 99%% %.1f ms\n",
            names[mode], count, finished, longest, bytes, percentile_ms(latencies, 50),
            percentile_ms(latencies, 99), percentile_ms(ages, 50), percentile_ms(ages, 99));
}
