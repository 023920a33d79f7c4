/* panic.c - panic.h under the lab: what a test expected, or the end of it. */
#include "panic.h"

#include <stddef.h>
#include <stdlib.h>

#include "fence.h"
#include "roster.h"
#include "state.h"
#include "verdict.h"

/* Plain loops: strcmp is intercepted by ThreadSanitizer, which would look at its memory. */
static bool same(const char *left, const char *right) {
    while (*left && *left == *right) left++, right++;
    return *left == *right;
}

void lab_expect_panic(const char *function) {
    lab_enter("lab_expect_panic", __builtin_frame_address(0));
    lab.expected_panic = function;
    lab_unlock();
}

_Noreturn void panic(const char *function, const char *rule) {
    struct packet packet;
    void *frames[FRAMES];
    const char *expected = lab.expected_panic;
    fence_touch(function, 1, false); /* what they point to goes into a report */
    fence_touch(rule, 1, false);
    if (expected && same(expected, function)) verdict_complete_and_exit();
    frames_walk(frames, __builtin_frame_address(0), roster_outermost());
    if (expected)
        fault_begin(&packet, "wrong-panic",
                    (const char *[]){expected, " should have panicked; instead ", function,
                                     " panicked: ", rule, ".", NULL});
    else
        fault_begin(
            &packet, "panic",
            (const char *[]){function, " panicked, though no rule was broken: ", rule, ".", NULL});
    roster_tell_caller(&packet, "panicked", frames);
    fault_end(&packet);
}
