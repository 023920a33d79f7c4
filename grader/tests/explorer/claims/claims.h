/* claims.h - what the scenarios of this directory share: definition without Criterion, short names of
 * orders. */
#ifndef CLAIMS_H
#define CLAIMS_H

#define HB_WITHOUT_CRITERION
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "history.h"
#include "scenario.h"

#define relaxed memory_order_relaxed
#define acquire memory_order_acquire
#define release memory_order_release
#define acq_rel memory_order_acq_rel
#define seq_cst memory_order_seq_cst

#define SCENARIO(name_, ...)                                                                       \
    static const struct scenario scenario_##name_ = {.name = #name_, __VA_ARGS__};                 \
    static const struct scenario *const scenario_entry_##name_                                     \
        __attribute__((used, section("scenarios"))) = &scenario_##name_;                           \
    _Static_assert(true, "a semicolon follows")

#endif
