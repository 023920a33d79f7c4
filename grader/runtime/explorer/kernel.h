/* kernel.h - what the kernel does for a futex, below the system call and the workbook's names.
 *
 * Order of all of it: none (futex(2)): none of these gives a happens-before edge to the program.
 */
#ifndef HBX_KERNEL_H
#define HBX_KERNEL_H

#include "sync.h"

/* Whom a wake wakes: those with a bit in common, and of the same kind. */
struct wish {
    uint32_t bits;
    bool private; /* FUTEX_PRIVATE_FLAG */
};

static inline bool kernel_is_word(const void *word) { return word && ((uintptr_t)word & 3) == 0; }

/* Sleep while the word holds `expected`. Returns 0 (woken, or for no reason), EAGAIN, ETIMEDOUT; and
 * EINTR if `interrupts`: a spurious wakeup may then show in two ways. */
int kernel_sleep(const void *word, uint32_t expected, struct wish wish, uint64_t deadline,
                 bool interrupts, uint64_t pc);

/* Wake up to n, who has slept longest first. Returns how many. */
int kernel_wake(const void *word, int n, struct wish wish, uint64_t pc);

struct requeue {
    const void *from, *to;
    int wake, move; /* at most so many */
    bool compare;   /* `from` must hold `expected` */
    uint32_t expected;
    struct wish wish;
};

/* Wake some, and let others sleep on another word. Returns how many both were; -EAGAIN: the word has
 * changed. */
int kernel_requeue(const struct requeue *r, uint64_t pc);

#endif
