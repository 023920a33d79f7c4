/* turns.c - the places of lab/turns.h, and the fence, in front of libtsan's atomic operations.
 *
 * The linker sends each call of an instrumented object here (--wrap), and the way on is a jump, not
 * a call: libtsan takes the return address for the line of the operation.
 *
 * Source: llvm-project, compiler-rt/include/sanitizer/tsan_interface_atomic.h.
 */
#include "turns.h"

#include <stdint.h>

#include "fence.h"
#include "jump.h"

typedef unsigned __int128 uint128_t;

#define PLACE(RESULT, NAME, PARAMETERS, ARGUMENTS, BEFORE)                                         \
    RESULT __real___tsan_##NAME PARAMETERS;                                                        \
    RESULT __wrap___tsan_##NAME PARAMETERS;                                                        \
    JUMP RESULT __wrap___tsan_##NAME PARAMETERS {                                                  \
        BEFORE;                                                                                    \
        return __real___tsan_##NAME ARGUMENTS;                                                     \
    }

#define READS(BITS)  turns_give_way(), fence_touch(object, BITS / 8, false)
#define WRITES(BITS) turns_give_way(), fence_touch(object, BITS / 8, true)

#define UPDATE(BITS, NAME)                                                                         \
    PLACE(uint##BITS##_t, atomic##BITS##_##NAME,                                                   \
          (volatile uint##BITS##_t * object, uint##BITS##_t operand, int order),                   \
          (object, operand, order), WRITES(BITS))

#define COMPARE(BITS, STRENGTH)                                                                    \
    PLACE(int, atomic##BITS##_compare_exchange_##STRENGTH,                                         \
          (volatile uint##BITS##_t * object, uint##BITS##_t * expected, uint##BITS##_t desired,    \
           int order, int failure),                                                                \
          (object, expected, desired, order, failure), WRITES(BITS))

#define ATOMICS(BITS)                                                                              \
    PLACE(uint##BITS##_t, atomic##BITS##_load, (const volatile uint##BITS##_t *object, int order), \
          (object, order), READS(BITS))                                                            \
    PLACE(void, atomic##BITS##_store,                                                              \
          (volatile uint##BITS##_t * object, uint##BITS##_t value, int order),                     \
          (object, value, order), WRITES(BITS))                                                    \
    UPDATE(BITS, exchange)                                                                         \
    UPDATE(BITS, fetch_add)                                                                        \
    UPDATE(BITS, fetch_sub)                                                                        \
    UPDATE(BITS, fetch_and)                                                                        \
    UPDATE(BITS, fetch_or)                                                                         \
    UPDATE(BITS, fetch_xor)                                                                        \
    UPDATE(BITS, fetch_nand)                                                                       \
    COMPARE(BITS, strong)                                                                          \
    COMPARE(BITS, weak)                                                                            \
    PLACE(uint##BITS##_t, atomic##BITS##_compare_exchange_val,                                     \
          (volatile uint##BITS##_t * object, uint##BITS##_t expected, uint##BITS##_t desired,      \
           int order, int failure),                                                                \
          (object, expected, desired, order, failure), WRITES(BITS))

ATOMICS(8)
ATOMICS(16)
ATOMICS(32)
ATOMICS(64)
ATOMICS(128)
PLACE(void, atomic_thread_fence, (int order), (order), turns_give_way())
PLACE(void, atomic_signal_fence, (int order), (order), turns_pause()) /* cpu_relax (cpu.h) */
