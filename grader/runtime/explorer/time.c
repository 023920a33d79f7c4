/* time.c - clocks and sleeps in virtual time.
 *
 * Source: POSIX.1-2017, clock_gettime(), clock_nanosleep(), nanosleep(), sleep(), sched_yield(),
 * time(); gettimeofday(); C17 7.26.5.7 and 7.27.2 (thrd_sleep, timespec_get).
 *
 * Each visible event has a time: virtual nanoseconds since the start, at least that of the event
 * before it in its thread and of the store that it reads. So no thread learns of a step before the
 * time of that step; but clocks of threads that have not communicated may differ by any amount. A
 * sleep moves the sleeper's own clock, and orders nothing: the others may have run before, during or
 * after it, as on a real machine, where a sleep is no synchronisation.
 *
 * A thread that reads the clock moves its own clock on: by a microsecond for the first reading, and
 * by 32 times as much for each that follows, up to some 18 minutes. So a loop that waits for a
 * deadline comes to its end in a few iterations, whatever else it does, and no deadline of seconds
 * needs a thousand executions. What a program does is explored for these times only: a branch on the
 * difference of two readings is taken one way.
 *
 * How a wait with a deadline ends does not depend on these clocks: sync.h.
 */
#include <errno.h>
#include <sys/time.h>
#include <unistd.h>

#include "../include/clock.h"
#include "coherence.h"
#include "fault.h"
#include "spin.h"
#include "sync.h"

#define NS_PER_S 1000000000u

/* Where the clocks stand at the start, so that no program takes a reading for "never". */
static const uint64_t monotonic_start_s = 1000, realtime_start_s = 1700000000;

enum { FIRST_STEP_BITS = 10, STEP_GROWTH_BITS = 5, LAST_STEP_BITS = 40 };

/* --- the clock of a thread -------------------------------------------------------------------- */

uint64_t time_of_thread(void) {
    int last = run.threads[run.me].last;
    if (last < 0) last = run.g->creator[run.me];
    return last < 0 ? 0 : run.g->ev[last].time;
}

void time_advance(uint64_t time) {
    struct event *e = &run.g->ev[run.threads[run.me].last];
    if (e->time < time) e->time = time;
}

static uint64_t plus(uint64_t a, uint64_t b) {
    return a > NO_DEADLINE - 1 - b ? NO_DEADLINE - 1 : a + b;
}

/* A step that only takes time: a choice with nothing to choose from. */
static void pass(uint64_t time, enum label label, uint64_t pc) {
    if (!run_turn()) {
        struct event made = {.kind = EV_CHOICE,
                             .tid = (uint8_t)run.me,
                             .label = (uint8_t)label,
                             .loc = NONE,
                             .rel_fence = NONE,
                             .woken = NONE,
                             .mo_pos = NONE,
                             .pc = pc};
        event_set_clocks(run.g, graph_append(run.g, &made));
        run_added();
    }
    time_advance(time);
}

static uint64_t next_step(void) {
    static struct { uint32_t run, readings; } clocks[MAX_THREADS];
    if (clocks[run.me].run != location_run) {
        clocks[run.me].run = location_run;
        clocks[run.me].readings = 0;
    }
    unsigned bits = FIRST_STEP_BITS + STEP_GROWTH_BITS * clocks[run.me].readings++;
    return (uint64_t)1 << (bits < LAST_STEP_BITS ? bits : LAST_STEP_BITS);
}

static uint64_t read_clock(uint64_t pc) {
    uint64_t now = plus(time_of_thread(), next_step());
    pass(now, LABEL_CLOCK, pc);
    spin_forget();
    return now;
}

void sleep_until(uint64_t deadline, uint64_t pc) {
    uint64_t now = time_of_thread();
    pass(deadline > now ? deadline : now, LABEL_SLEEP, pc);
}

/* --- what the numbers of a clock mean --------------------------------------------------------- */

/* 0: the clock is unknown. */
static uint64_t start_s(clockid_t clock) {
    switch (clock) {
    case CLOCK_REALTIME:
    case CLOCK_REALTIME_COARSE:
    case CLOCK_TAI: return realtime_start_s;
    case CLOCK_MONOTONIC:
    case CLOCK_MONOTONIC_COARSE:
    case CLOCK_MONOTONIC_RAW:
    case CLOCK_BOOTTIME:
    case CLOCK_PROCESS_CPUTIME_ID:
    case CLOCK_THREAD_CPUTIME_ID: return monotonic_start_s;
    default: return 0;
    }
}

static bool is_time(const struct timespec *t) { return t->tv_nsec >= 0 && t->tv_nsec < NS_PER_S; }

/* In nanoseconds, but the last that is a deadline at most. */
static uint64_t nanoseconds(uint64_t s, uint64_t ns) {
    return s >= NO_DEADLINE / NS_PER_S ? NO_DEADLINE - 1 : s * NS_PER_S + ns;
}

bool time_deadline(clockid_t clock, const struct timespec *at, uint64_t *deadline) {
    uint64_t start = start_s(clock);
    *deadline = NO_DEADLINE;
    if (!at) return true;
    if (!is_time(at) || !start) return false;
    bool past = at->tv_sec < 0 || (uint64_t)at->tv_sec < start;
    *deadline = past ? 0 : nanoseconds((uint64_t)at->tv_sec - start, (uint64_t)at->tv_nsec);
    return true;
}

bool time_after(const struct timespec *duration, uint64_t *deadline) {
    *deadline = NO_DEADLINE;
    if (!duration) return true;
    if (!is_time(duration) || duration->tv_sec < 0) return false;
    uint64_t length = nanoseconds((uint64_t)duration->tv_sec, (uint64_t)duration->tv_nsec);
    *deadline = plus(time_of_thread(), length);
    return true;
}

static struct timespec shown(clockid_t clock, uint64_t now) {
    return (struct timespec){.tv_sec = (time_t)(start_s(clock) + now / NS_PER_S),
                             .tv_nsec = (long)(now % NS_PER_S)};
}

/* --- reading ---------------------------------------------------------------------------------- */

API int __wrap_clock_gettime(clockid_t clock, struct timespec *now) {
    if (!start_s(clock)) {
        errno = EINVAL;
        return -1;
    }
    *now = shown(clock, read_clock(PC));
    return 0;
}

API int __wrap_timespec_get(struct timespec *now, int base) {
    if (base != TIME_UTC) return 0;
    *now = shown(CLOCK_REALTIME, read_clock(PC));
    return base;
}

API time_t __wrap_time(time_t *out) {
    time_t now = shown(CLOCK_REALTIME, read_clock(PC)).tv_sec;
    if (out) *out = now;
    return now;
}

API int __wrap_gettimeofday(struct timeval *out, void *zone) {
    struct timespec now = shown(CLOCK_REALTIME, read_clock(PC));
    (void)zone;
    *out = (struct timeval){.tv_sec = now.tv_sec, .tv_usec = now.tv_nsec / 1000};
    return 0;
}

API clock_t __wrap_clock(void) { return (clock_t)(read_clock(PC) / (NS_PER_S / CLOCKS_PER_SEC)); }

/* clock.h of the workbook. */
API uint64_t clock_now_ns(void) { return nanoseconds(monotonic_start_s, read_clock(PC)); }

/* --- sleeping --------------------------------------------------------------------------------- */

static int sleep_for(const struct timespec *duration, uint64_t pc) {
    uint64_t deadline;
    if (!time_after(duration, &deadline)) return EINVAL;
    sleep_until(deadline, pc);
    return 0;
}

API int __wrap_nanosleep(const struct timespec *duration, struct timespec *left) {
    (void)left; /* written only when a signal interrupts */
    int error = sleep_for(duration, PC);
    if (!error) return 0;
    errno = error;
    return -1;
}

API int __wrap_clock_nanosleep(clockid_t clock, int flags, const struct timespec *time,
                               struct timespec *left) {
    uint64_t deadline;
    (void)left;
    if (!start_s(clock) || clock == CLOCK_THREAD_CPUTIME_ID) return EINVAL;
    if (!(flags & TIMER_ABSTIME)) return sleep_for(time, PC);
    if (!time_deadline(clock, time, &deadline)) return EINVAL;
    sleep_until(deadline, PC);
    return 0;
}

API int __wrap_usleep(useconds_t us) {
    sleep_until(plus(time_of_thread(), (uint64_t)us * 1000), PC);
    return 0;
}

API unsigned __wrap_sleep(unsigned s) {
    sleep_until(plus(time_of_thread(), (uint64_t)s * NS_PER_S), PC);
    return 0;
}

API int __wrap_thrd_sleep(const struct timespec *duration, struct timespec *left) {
    (void)left;
    return sleep_for(duration, PC) ? -2 : 0;
}

/* --- giving way ------------------------------------------------------------------------------- */

/* All schedules are explored anyway. A loop that does nothing else is endless. */
void yield_step(uint64_t pc) {
    if (++run.plain > options.max_plain)
        fault_raise(FAULT_ENDLESS, pc, "thread %d only yields, and does nothing else", run.me);
}

API int __wrap_sched_yield(void) {
    yield_step(PC);
    return 0;
}

API int __wrap_pthread_yield(void) {
    yield_step(PC);
    return 0;
}

API void __wrap_thrd_yield(void) { yield_step(PC); }
