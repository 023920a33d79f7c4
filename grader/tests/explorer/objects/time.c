/* time.c - virtual time: clocks go on by themselves, sleeps order nothing, deadlines pass. */
#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "outcome.h"

static uint64_t now_ns(void) {
    struct timespec now;
    assert(clock_gettime(CLOCK_MONOTONIC, &now) == 0);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

_Atomic int flag; /* not static: else the compiler knows that nobody sets it */
static int data;

#if defined ALONE
static void *other(void *unused) { return unused; }
static void test(void) {
    struct timespec second = {.tv_sec = 1}, until;
    uint64_t start = now_ns(), last;
    assert(nanosleep(&second, NULL) == 0);
    assert((last = now_ns()) >= start + 1000000000);
    usleep(5000000);
    assert(now_ns() >= last + 5000000000);
    last = now_ns();
    assert(sleep(2) == 0);
    assert(now_ns() >= last + 2000000000);
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 10;
    assert(clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &until, NULL) == 0);
    assert(time(NULL) >= until.tv_sec);
    struct timeval day;
    gettimeofday(&day, NULL);
    assert(day.tv_sec >= until.tv_sec);
    second.tv_nsec = 1000000000;
    assert(nanosleep(&second, NULL) == -1 && errno == EINVAL);
    assert(clock_nanosleep(CLOCK_MONOTONIC, 0, &second, NULL) == EINVAL);
    assert(clock_gettime(77, &until) == -1 && errno == EINVAL);
}
#elif defined DEADLINE_LOOP
static void *other(void *unused) { return unused; }
static void test(void) {
    uint64_t deadline = now_ns() + 60ull * 1000000000;
    while (now_ns() < deadline) sched_yield();
}
#elif defined POLL
/* A loop that polls until a deadline sees the flag, or not. */
static void *other(void *unused) {
    atomic_store_explicit(&flag, 1, memory_order_relaxed);
    return unused;
}
static void test(void) {
    uint64_t deadline = now_ns() + 1000000000;
    int seen;
    while (!(seen = atomic_load_explicit(&flag, memory_order_relaxed)) && now_ns() < deadline) {
    }
    outcome("%s", seen ? "seen" : "late");
}
#elif defined SLEEP_POLL
/* Sleeping between the looks changes nothing: the loop only waits. */
static void *other(void *unused) {
    data = 1;
#ifndef NEVER
    atomic_store_explicit(&flag, 1, memory_order_release);
#endif
    return unused;
}
static void test(void) {
    while (!atomic_load_explicit(&flag, memory_order_acquire)) usleep(1000);
    assert(data == 1);
}
#elif defined SLEEP_ORDERS_NOTHING
static void *other(void *unused) {
    data = 1;
    return unused;
}
static void test(void) {
    sleep(10);
    outcome("%d", data);
}
#elif defined CAUSALITY
/* Who has read what another wrote at a time does not read an earlier time. */
static void *other(void *unused) {
    sleep(100);
    data = (int)(now_ns() / 1000000000);
    atomic_store_explicit(&flag, 1, memory_order_release);
    return unused;
}
static void test(void) {
    if (atomic_load_explicit(&flag, memory_order_acquire))
        assert((int)(now_ns() / 1000000000) >= data);
}
#else
static void *other(void *unused) { return unused; }
static void test(void) {
    for (;;) sched_yield();
}
#endif

int main(void) {
    pthread_t thread;
    pthread_create(&thread, NULL, other, NULL);
    test();
    pthread_join(thread, NULL);
    (void)flag, (void)data, (void)now_ns;
}
