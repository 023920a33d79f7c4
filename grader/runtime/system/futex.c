/* system/futex.c - futex.h by the real system call.
 *
 * Source: futex(2), FUTEX_WAIT_BITSET: its timeout is absolute and on CLOCK_MONOTONIC, where
 * FUTEX_WAIT's is relative.
 */
#include "futex.h"

#include <errno.h>
#include <linux/futex.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "panic.h"

#define NS_PER_S 1000000000u

enum futex_wait_result futex_wait_until(futex_word *word, uint32_t expected, uint64_t deadline_ns) {
    struct timespec at = {.tv_sec = (time_t)(deadline_ns / NS_PER_S),
                          .tv_nsec = (long)(deadline_ns % NS_PER_S)};
    const struct timespec *timeout = deadline_ns == FUTEX_FOREVER ? NULL : &at;
    int before = errno;
    long result = syscall(SYS_futex, word, FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG, expected,
                          timeout, NULL, FUTEX_BITSET_MATCH_ANY);
    int error = result == 0 ? 0 : errno;
    errno = before;
    switch (error) {
    case 0:
    case EINTR: return FUTEX_WOKEN;
    case EAGAIN: return FUTEX_CHANGED;
    case ETIMEDOUT: return FUTEX_TIMED_OUT;
    default:
        panic("futex_wait", "the word must be a 32-bit aligned object in memory of this process");
    }
}

enum futex_wait_result futex_wait(futex_word *word, uint32_t expected) {
    return futex_wait_until(word, expected, FUTEX_FOREVER);
}

uint32_t futex_wake(futex_word *word, uint32_t count) {
    int before = errno;
    long limit = count > INT32_MAX ? INT32_MAX : (long)count;
    long woken = limit == 0 ? 0
                            : syscall(SYS_futex, word, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, limit, NULL,
                                      NULL, 0);
    errno = before; /* a word whose memory is gone (EFAULT) has no sleepers */
    return woken > 0 ? (uint32_t)woken : 0;
}
