/* lock.c - the lab's lock, parking and clocks: raw system calls, invisible to every judge.
 *
 * Source: the lock is mutex2 of Ulrich Drepper, "Futexes Are Tricky", 2011, section 5: 0 free,
 * 1 held, 2 held and perhaps somebody waits.
 */
#include <linux/futex.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "fence.h"
#include "state.h"

struct lab lab;

static void sleep_on(uint32_t *word, uint32_t expected, const struct timespec *limit) {
    syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, expected, limit, NULL, 0);
}

static void wake_one(uint32_t *word) {
    syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

void lab_lock(void) {
    uint32_t seen = 0;
    if (__atomic_compare_exchange_n(&lab.lock, &seen, 1, false, __ATOMIC_ACQUIRE, /* [L1] */
                                    __ATOMIC_RELAXED))
        return;
    while (__atomic_exchange_n(&lab.lock, 2, __ATOMIC_ACQUIRE) != 0) /* [L1] sees all of state.h */
        sleep_on(&lab.lock, 2, NULL);
}

void lab_unlock(void) {
    if (__atomic_exchange_n(&lab.lock, 0, __ATOMIC_RELEASE) == 2) /* [L1] publishes state.h */
        wake_one(&lab.lock);
}

static bool park(struct lab_thread *self, bool tick) {
    struct timespec limit = {.tv_nsec = LAB_TICK_NS};
    while (__atomic_load_n(&self->parked, __ATOMIC_ACQUIRE)) { /* [L2] sees the releaser's result */
        sleep_on(&self->parked, 1, tick ? &limit : NULL);
        if (tick) return !__atomic_load_n(&self->parked, __ATOMIC_ACQUIRE); /* [L2] */
    }
    return true;
}

bool lab_park(struct lab_thread *self, bool tick) {
    fence_rest(__builtin_frame_address(0));
    bool unparked = park(self, tick);
    if (unparked) fence_rest(NULL);
    return unparked;
}

void lab_unpark(struct lab_thread *thread) {
    __atomic_store_n(&thread->parked, 0, __ATOMIC_RELEASE); /* [L2] after its result is written */
    wake_one(&thread->parked);
}

/* A thread's clock is named by its id: clock_getcpuclockid(3), include/linux/posix-timers.h:
 * CPUCLOCK_SCHED (2) of one thread (4). */
uint64_t lab_thread_clock_ns(int32_t kernel_id) {
    struct timespec used;
    if (!kernel_id) return 0;
    clockid_t clock = (clockid_t)(~(uint32_t)kernel_id << 3 | 4 | 2);
    if (syscall(SYS_clock_gettime, clock, &used)) return 0;
    return (uint64_t)used.tv_sec * 1000000000u + (uint64_t)used.tv_nsec;
}
