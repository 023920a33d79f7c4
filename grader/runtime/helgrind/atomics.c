/* atomics.c - the atomic half of the __tsan_* interface: do the operation, tell its edges.
 *
 * Compilers turn each atomic operation of a file compiled with -fsanitize=thread into one of these
 * calls. libtsan answers them in the ThreadSanitizer build; here the operation is done for real and
 * Helgrind is told what it orders (edges.h).
 *
 * Helgrind takes a locked instruction for a read of its operand (Valgrind 3.19, hg_main.c: "Atomic
 * read-modify-write cycle. Just pretend it's a read"). So every store here is an exchange: atomic
 * operations never race with each other, and no report has to be suppressed, while a plain write
 * that nothing orders with them is still reported, whichever comes first.
 *
 * Source: llvm-project, compiler-rt/include/sanitizer/tsan_interface_atomic.h (clang: _val forms);
 * gcc, libsanitizer and gcc/sanitizer.def (gcc: _strong and _weak forms).
 */
#include <stdbool.h>
#include <stdint.h>

#include "edges.h"
#include "fence.h"
#include "turns.h"

typedef unsigned __int128 uint128_t;

/* x86-64 has one 16-byte atomic instruction, cmpxchg16b; with equal values it is also the load. */
__attribute__((target("cx16"))) static uint128_t
swap_if_128(volatile uint128_t *object, uint128_t expected, uint128_t desired) {
    return __sync_val_compare_and_swap(object, expected, desired);
}

static uint128_t load_128(volatile uint128_t *object) { return swap_if_128(object, 0, 0); }

/* Sequentially consistent, whatever was asked: the processor may order more than C11 promises, and
 * Helgrind is told the promised edges only. */
#define SWAP_IF(BITS)                                                                              \
    static uint##BITS##_t swap_if_##BITS(volatile uint##BITS##_t *object, uint##BITS##_t expected, \
                                         uint##BITS##_t desired) {                                 \
        __atomic_compare_exchange_n(object, &expected, desired, false, __ATOMIC_SEQ_CST,           \
                                    __ATOMIC_SEQ_CST);                                             \
        return expected;                                                                           \
    }                                                                                              \
    static uint##BITS##_t load_##BITS(volatile uint##BITS##_t *object) { /* as above */            \
        return __atomic_load_n(object, __ATOMIC_SEQ_CST);                                          \
    }
SWAP_IF(8)
SWAP_IF(16)
SWAP_IF(32)
SWAP_IF(64)

/* One read-modify-write of each kind, on top of compare-and-swap: inside edges_enter nobody else
 * writes the object, so the loop ends at once (unless uninstrumented code writes it meanwhile). */
#define UPDATE(BITS, NAME, RESULT)                                                                 \
    uint##BITS##_t __tsan_atomic##BITS##_##NAME(volatile uint##BITS##_t *object,                   \
                                                uint##BITS##_t operand, int order);                \
    uint##BITS##_t __tsan_atomic##BITS##_##NAME(volatile uint##BITS##_t *object,                   \
                                                uint##BITS##_t operand, int order) {               \
        uint##BITS##_t seen, before;                                                               \
        fence_touch(object, BITS / 8, true);                                                       \
        edges_enter();                                                                             \
        edges_update(object, order);                                                               \
        before = load_##BITS(object);                                                              \
        do {                                                                                       \
            seen = before;                                                                         \
            before = swap_if_##BITS(object, seen, (uint##BITS##_t)(RESULT));                       \
        } while (before != seen);                                                                  \
        edges_leave();                                                                             \
        return before;                                                                             \
    }

/* A failed compare-exchange is a load with the order for failure. */
#define COMPARE(BITS)                                                                              \
    uint##BITS##_t __tsan_atomic##BITS##_compare_exchange_val(                                     \
        volatile uint##BITS##_t *object, uint##BITS##_t expected, uint##BITS##_t desired,          \
        int order, int failure);                                                                   \
    uint##BITS##_t __tsan_atomic##BITS##_compare_exchange_val(                                     \
        volatile uint##BITS##_t *object, uint##BITS##_t expected, uint##BITS##_t desired,          \
        int order, int failure) {                                                                  \
        uint##BITS##_t seen;                                                                       \
        fence_touch(object, BITS / 8, true);                                                       \
        edges_enter();                                                                             \
        seen = swap_if_##BITS(object, expected, desired);                                          \
        if (seen == expected)                                                                      \
            edges_update(object, order);                                                           \
        else                                                                                       \
            edges_load(object, failure);                                                           \
        edges_leave();                                                                             \
        return seen;                                                                               \
    }                                                                                              \
    COMPARE_POINTER(BITS, strong)                                                                  \
    COMPARE_POINTER(BITS, weak)

#define COMPARE_POINTER(BITS, STRENGTH)                                                            \
    bool __tsan_atomic##BITS##_compare_exchange_##STRENGTH(                                        \
        volatile uint##BITS##_t *object, uint##BITS##_t *expected, uint##BITS##_t desired,         \
        int order, int failure);                                                                   \
    bool __tsan_atomic##BITS##_compare_exchange_##STRENGTH(                                        \
        volatile uint##BITS##_t *object, uint##BITS##_t *expected, uint##BITS##_t desired,         \
        int order, int failure) {                                                                  \
        fence_touch(object, BITS / 8, true);                                                       \
        fence_touch(expected, BITS / 8, true);                                                     \
        uint##BITS##_t wanted = *expected;                                                         \
        *expected =                                                                                \
            __tsan_atomic##BITS##_compare_exchange_val(object, wanted, desired, order, failure);   \
        return *expected == wanted;                                                                \
    }

#define ATOMICS(BITS)                                                                              \
    uint##BITS##_t __tsan_atomic##BITS##_load(const volatile uint##BITS##_t *object, int order);   \
    uint##BITS##_t __tsan_atomic##BITS##_load(const volatile uint##BITS##_t *object, int order) {  \
        fence_touch(object, BITS / 8, false);                                                      \
        edges_enter();                                                                             \
        uint##BITS##_t value = load_##BITS((volatile uint##BITS##_t *)object);                     \
        edges_load(object, order);                                                                 \
        edges_leave();                                                                             \
        return value;                                                                              \
    }                                                                                              \
    void __tsan_atomic##BITS##_store(volatile uint##BITS##_t *object, uint##BITS##_t value,        \
                                     int order);                                                   \
    void __tsan_atomic##BITS##_store(volatile uint##BITS##_t *object, uint##BITS##_t value,        \
                                     int order) {                                                  \
        uint##BITS##_t seen, before;                                                               \
        fence_touch(object, BITS / 8, true);                                                       \
        edges_enter();                                                                             \
        edges_store(object, order);                                                                \
        before = load_##BITS(object);                                                              \
        do {                                                                                       \
            seen = before;                                                                         \
            before = swap_if_##BITS(object, seen, value);                                          \
        } while (before != seen);                                                                  \
        edges_leave();                                                                             \
    }                                                                                              \
    UPDATE(BITS, exchange, operand)                                                                \
    UPDATE(BITS, fetch_add, seen + operand)                                                        \
    UPDATE(BITS, fetch_sub, seen - operand)                                                        \
    UPDATE(BITS, fetch_and, seen &operand)                                                         \
    UPDATE(BITS, fetch_or, seen | operand)                                                         \
    UPDATE(BITS, fetch_xor, seen ^ operand)                                                        \
    UPDATE(BITS, fetch_nand, ~(seen & operand))                                                    \
    COMPARE(BITS)

ATOMICS(8)
ATOMICS(16)
ATOMICS(32)
ATOMICS(64)
ATOMICS(128)

void __tsan_atomic_thread_fence(int order);
void __tsan_atomic_thread_fence(int order) {
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    edges_enter();
    edges_fence(order);
    edges_leave();
}

/* Orders a thread with its own signal handlers only: no edge between threads. cpu_relax (cpu.h) is
 * one. */
void __tsan_atomic_signal_fence(int order);
void __tsan_atomic_signal_fence(int order) {
    (void)order;
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    turns_pause();
}
