/* sleep.c - futex.h with the lab's own wait queues, and the clock that its deadlines are read on. */
#include <stddef.h>

#include "clock.h"
#include "fence.h"
#include "state.h"
#include "turns.h"

/* The one place where the lab reads a word of the code under test. The kernel would do it unseen by
 * every judge; Helgrind's suppression knows this function by its name. */
__attribute__((noinline)) static bool lab_word_holds(futex_word *word, uint32_t expected) {
    return __atomic_load_n((uint32_t *)word, __ATOMIC_SEQ_CST) ==
           expected; /* as futex(2) orders it */
}

static void check_word(const char *call, const futex_word *word) {
    if (!word || (uintptr_t)word % sizeof *word)
        lab_misuse(call, "the word must be a 32-bit aligned object in memory of this process");
}

/* Put the caller to sleep. The lock is held on entry, and not on return. */
static enum futex_wait_result sleep_on(struct lab_thread *self, futex_word *word,
                                       uint64_t deadline_ns) {
    lab.tally.sleeps++;
    self->word = word;
    self->deadline_ns = deadline_ns;
    self->place_in_queue = lab.queued++;
    lab_block(self, LAB_ASLEEP);
    lab_lock();
    lab_pass(self, LAB_DOOR_RETURN);
    enum futex_wait_result result = self->result;
    lab_unlock();
    return result;
}

static enum futex_wait_result wait_on(struct lab_thread *self, futex_word *word, uint32_t expected,
                                      uint64_t deadline_ns) {
    enum futex_wait_result result = FUTEX_WOKEN;
    lab.tally.waits++;
    lab_pass(self, LAB_DOOR_WAIT);
    if (!lab_word_holds(word, expected))
        result = FUTEX_CHANGED;
    else if (lab.spurious)
        lab.spurious--;
    else if (deadline_ns <= lab.now_ns)
        result = FUTEX_TIMED_OUT;
    else
        return sleep_on(self, word, deadline_ns);
    lab_unlock();
    return result;
}

enum futex_wait_result futex_wait(futex_word *word, uint32_t expected) {
    check_word("futex_wait", word);
    fence_touch(word, sizeof *word, false);
    turns_give_way();
    struct lab_thread *self = lab_enter("futex_wait", __builtin_frame_address(0));
    return wait_on(self, word, expected, FUTEX_FOREVER);
}

enum futex_wait_result futex_wait_until(futex_word *word, uint32_t expected, uint64_t deadline_ns) {
    check_word("futex_wait_until", word);
    fence_touch(word, sizeof *word, false);
    turns_give_way();
    struct lab_thread *self = lab_enter("futex_wait_until", __builtin_frame_address(0));
    return wait_on(self, word, expected, deadline_ns);
}

static struct lab_thread *longest_sleeper(const futex_word *word) {
    struct lab_thread *first = NULL;
    LAB_EACH(thread)
    if (thread->activity == LAB_ASLEEP && thread->word == word &&
        (!first || thread->place_in_queue < first->place_in_queue))
        first = thread;
    return first;
}

static void end_sleep(struct lab_thread *thread, enum futex_wait_result result) {
    thread->result = result;
    lab_release(thread);
}

uint32_t futex_wake(futex_word *word, uint32_t count) {
    turns_give_way();
    struct lab_thread *self = lab_enter("futex_wake", __builtin_frame_address(0));
    uint32_t woken = 0;
    struct lab_thread *sleeper;
    lab.tally.wakes++;
    lab_pass(self, LAB_DOOR_WAKE);
    for (; woken < count && (sleeper = longest_sleeper(word)); woken++)
        end_sleep(sleeper, FUTEX_WOKEN);
    lab.tally.woken += woken;
    lab_unlock();
    return woken;
}

bool lab_interrupt(struct lab_thread *thread) {
    lab_enter("lab_interrupt", __builtin_frame_address(0));
    lab_check_handle("lab_interrupt", thread);
    bool asleep = thread->activity == LAB_ASLEEP;
    if (asleep) end_sleep(thread, FUTEX_WOKEN);
    lab_unlock();
    return asleep;
}

void lab_make_spurious(uint32_t count) {
    lab_enter("lab_make_spurious", __builtin_frame_address(0));
    lab.spurious = count;
    lab_unlock();
}

uint32_t lab_sleepers(const futex_word *word) {
    turns_give_way();
    uint32_t count = 0;
    lab_enter("lab_sleepers", __builtin_frame_address(0));
    LAB_EACH(thread) count += thread->activity == LAB_ASLEEP && thread->word == word;
    lab_unlock();
    return count;
}

struct lab_tally lab_tally(void) {
    turns_give_way();
    lab_enter("lab_tally", __builtin_frame_address(0));
    struct lab_tally tally = lab.tally;
    lab_unlock();
    return tally;
}

void lab_forget(void) {
    lab_enter("lab_forget", __builtin_frame_address(0));
    lab.tally = (struct lab_tally){0};
    lab_unlock();
}

/* --- time --------------------------------------------------------------------------------------- */

void lab_expire(void) {
    LAB_EACH(thread)
    if (thread->activity == LAB_ASLEEP && thread->deadline_ns <= lab.now_ns) {
        lab.tally.timeouts++;
        end_sleep(thread, FUTEX_TIMED_OUT);
    }
}

uint64_t clock_now_ns(void) {
    turns_give_way();
    lab_enter("clock_now_ns", __builtin_frame_address(0));
    uint64_t now = lab.now_ns;
    lab_unlock();
    return now;
}

void lab_advance_ns(uint64_t duration_ns) {
    lab_enter("lab_advance_ns", __builtin_frame_address(0));
    lab.now_ns += duration_ns;
    lab_expire();
    lab_unlock();
}
