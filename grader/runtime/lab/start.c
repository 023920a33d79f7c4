/* start.c - the lab before main(): its limits, and what Helgrind must not look at. */
#include <stdlib.h>
#include <valgrind/helgrind.h>

#include "state.h"

static uint64_t spin_limit_ns(void) {
    const char *text = getenv("HB_SPIN_LIMIT_MS");
    unsigned long limit_ms = text ? strtoul(text, NULL, 10) : 0;
    return (limit_ms ? limit_ms : LAB_SPIN_LIMIT_MS) * 1000000u;
}

/* Helgrind knows neither the lab's lock nor its parking, and would report every access to its
 * memory. Outside Valgrind the request is a handful of instructions without effect. */
__attribute__((constructor(102))) static void lab_prepare(void) {
    lab.spin_limit_ns = spin_limit_ns();
    VALGRIND_HG_DISABLE_CHECKING(&lab, sizeof lab);
}
