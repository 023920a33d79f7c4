/* criterion.c - what a Test() and a cr_assert call, in place of libcriterion's own.
 *
 * A program's symbols go before a library's, so the macros of <criterion/criterion.h> end up here:
 * an assertion that fails travels over the private channel, and nothing depends on what is printed.
 * libcriterion itself is linked only for the formatting of messages.
 */
#include <criterion/criterion.h>
#include <criterion/event.h>
#include <criterion/stats.h>
#include <stddef.h>

#include "roster.h"
#include "verdict.h"

void criterion_internal_test_setup(void) {}
void criterion_internal_test_teardown(void) {}

void criterion_internal_test_main(void (*body)(void)) {
    roster_begin(__builtin_frame_address(0));
    body();
}

void criterion_send_assert(struct criterion_assert_stats *assertion) {
    if (!assertion->passed) verdict_fail(assertion->file, assertion->line, assertion->message);
}

void cri_asserts_passed_incr(void) { verdict_pass(__builtin_return_address(0)); }

_Noreturn void criterion_abort_test(void) { verdict_fail_and_exit(); }

void criterion_continue_test(void) {} /* cr_expect: the failure is on record, the test goes on */

void criterion_test_die(const char *message, ...) {
    verdict_fail("", 0, message);
    verdict_fail_and_exit();
}

_Noreturn void criterion_skip_test(const char *format, ...) {
    criterion_test_die(format); /* a check that is skipped has not been passed */
    __builtin_unreachable();
}
