/* abi.c - what the compilers call: the `__tsan_*` functions, for objects of clang and gcc.
 *
 * Source: LLVM, compiler-rt/include/sanitizer/tsan_interface_atomic.h and lib/tsan/rtl/
 * tsan_interface.h; GCC, gcc/sanitizer.def. A memory order is an int: relaxed, consume, acquire,
 * release, acq_rel, seq_cst (0 to 5); consume is acquire, as in every compiler.
 */
#include <stddef.h>
#include <string.h>

#include "fault.h"
#include "heap.h"
#include "memory.h"
#include "ops.h"
#include "run.h"
#include "shadow.h"
#include "spin.h"
#include "trace.h"
#include "trespass.h"

#define API __attribute__((visibility("default")))
#define PC  ((uint64_t)__builtin_return_address(0))

/* --- functions ------------------------------------------------------------------------------- */

API void __tsan_init(void);
API void __tsan_func_entry(void *caller);
API void __tsan_func_exit(void);

void __tsan_init(void) {}

/* Programs are linked below 4 GiB; the explorer, which calls their threads, lies above. */
static bool in_program(const void *pc) { return (uintptr_t)pc >> 32 == 0; }

void __tsan_func_entry(void *caller) {
    struct thread *t = &run.threads[run.me];
    if (t->depth < MAX_CALLS)
        t->calls[t->depth] = in_program(caller) ? (uint32_t)(uintptr_t)caller : 0;
    t->depth++;
    trespass_enter(*(const uintptr_t *const *)__builtin_frame_address(0));
}

/* The frame that is left: from this call's return address up to where its caller's begins. */
void __tsan_func_exit(void) {
    struct thread *t = &run.threads[run.me];
    if (t->depth > 0) t->depth--;
    const uintptr_t *frame = __builtin_frame_address(0);
    trespass_leave((const uintptr_t *)frame[0], PC);
    shadow_leave_frame((uintptr_t)(frame + 2), frame[0], PC);
}

/* --- plain accesses -------------------------------------------------------------------------- */

static void plain(const void *address, size_t size, int kind, uint64_t pc) {
    run.pc = pc;
    trespass_check(address, size, pc);
    if (++run.plain > options.max_plain)
        fault_raise(FAULT_ENDLESS, pc,
                    "thread %d made %llu plain accesses in a row without any visible operation",
                    run.me, (unsigned long long)options.max_plain);
    if (recording) trace_plain(address, size, kind & TOUCH_WRITE, pc);
    shadow_touch(address, size, kind, pc);
}

static void plain_read(const void *address, size_t size, uint64_t pc) {
    plain(address, size, 0, pc);
    int owner = slot_owner((uintptr_t)address);
    if (owner >= 0 && (uintptr_t)address - heap_low(owner) < HEAP_BYTES && size <= 8)
        heap_check_read(address, size, pc);
}

#define PLAIN(size)                                                                                \
    API void __tsan_read##size(void *p);                                                           \
    API void __tsan_write##size(void *p);                                                          \
    API void __tsan_unaligned_read##size(void *p);                                                 \
    API void __tsan_unaligned_write##size(void *p);                                                \
    API void __tsan_volatile_read##size(void *p);                                                  \
    API void __tsan_volatile_write##size(void *p);                                                 \
    API void __tsan_unaligned_volatile_read##size(void *p);                                        \
    API void __tsan_unaligned_volatile_write##size(void *p);                                       \
    API void __tsan_read_write##size(void *p);                                                     \
    API void __tsan_unaligned_read_write##size(void *p);                                           \
    void __tsan_read##size(void *p) { plain_read(p, size, PC); }                                   \
    void __tsan_write##size(void *p) { plain(p, size, TOUCH_WRITE, PC); }                          \
    void __tsan_unaligned_read##size(void *p) { plain_read(p, size, PC); }                         \
    void __tsan_unaligned_write##size(void *p) { plain(p, size, TOUCH_WRITE, PC); }                \
    void __tsan_volatile_read##size(void *p) { plain(p, size, 0, PC); }                            \
    void __tsan_volatile_write##size(void *p) { plain(p, size, TOUCH_WRITE, PC); }                 \
    void __tsan_unaligned_volatile_read##size(void *p) { plain(p, size, 0, PC); }                  \
    void __tsan_unaligned_volatile_write##size(void *p) { plain(p, size, TOUCH_WRITE, PC); }       \
    void __tsan_read_write##size(void *p) { plain(p, size, TOUCH_WRITE, PC); }                     \
    void __tsan_unaligned_read_write##size(void *p) { plain(p, size, TOUCH_WRITE, PC); }

PLAIN(1)
PLAIN(2)
PLAIN(4)
PLAIN(8)
PLAIN(16)

API void __tsan_read_range(void *p, size_t size);
API void __tsan_write_range(void *p, size_t size);
void __tsan_read_range(void *p, size_t size) { plain(p, size, 0, PC); }
void __tsan_write_range(void *p, size_t size) { plain(p, size, TOUCH_WRITE, PC); }

/* --- atomics --------------------------------------------------------------------------------- */

static enum order order_of(int order) {
    static const uint8_t of[] = {ORDER_RELAXED, ORDER_ACQUIRE, ORDER_ACQUIRE,
                                 ORDER_RELEASE, ORDER_ACQ_REL, ORDER_SEQ_CST};
    return of[order & 7];
}

static inline struct access atomic(const volatile void *p, size_t size, int order, uint64_t pc) {
    trespass_check(p, size, pc);
    return (struct access){.address = (const void *)p,
                           .space = SPACE_MEMORY,
                           .size = (uint8_t)size,
                           .order = (uint8_t)order_of(order),
                           .label = LABEL_ATOMIC,
                           .pc = pc};
}

static inline value_t update(const volatile void *p, size_t size, enum rmw_op op, value_t operand,
                             int order, uint64_t pc) {
    bool done;
    struct access a = atomic(p, size, order, pc);
    return op_rmw(a, (struct rmw){.op = op, .operand = operand, .fail_order = a.order}, &done);
}

static inline value_t compare(const volatile void *p, size_t size, value_t expected, value_t value,
                              int order, int fail_order, uint64_t pc, bool *done) {
    struct access a = atomic(p, size, order, pc);
    return op_rmw(a,
                  (struct rmw){.op = RMW_CAS,
                               .operand = value,
                               .expected = expected,
                               .fail_order = order_of(fail_order)},
                  done);
}

/* A weak compare-exchange may fail for no reason (C17 7.17.7.4 paragraph 4): with --weak, a choice
 * within the thread's budget of spurious events. Only gcc's calls tell the weak one from the strong
 * one. Such a failure is a load. */
static bool fails_for_no_reason(uint64_t pc) {
    struct thread *me = &run.threads[run.me];
    if (!options.weak || me->spurious >= options.spurious || op_choice(2, LABEL_CHOICE, pc) == 0)
        return false;
    me->spurious++;
    return true;
}

#define UPDATE(bits, type, name, op)                                                               \
    API type __tsan_atomic##bits##_##name(volatile type *p, type v, int order);                    \
    type __tsan_atomic##bits##_##name(volatile type *p, type v, int order) {                       \
        return (type)update(p, sizeof(type), op, v, order, PC);                                    \
    }

#define COMPARE(bits, type, strength, weak)                                                        \
    API int __tsan_atomic##bits##_compare_exchange_##strength(volatile type *p, type *expected,    \
                                                              type v, int order, int fail_order);  \
    int __tsan_atomic##bits##_compare_exchange_##strength(volatile type *p, type *expected,        \
                                                          type v, int order, int fail_order) {     \
        bool done = false;                                                                         \
        value_t was;                                                                               \
        if (weak && fails_for_no_reason(PC))                                                       \
            was = op_load(atomic(p, sizeof(type), fail_order, PC));                                \
        else                                                                                       \
            was = compare(p, sizeof(type), *expected, v, order, fail_order, PC, &done);            \
        if (!done) *expected = (type)was;                                                          \
        return done;                                                                               \
    }

#define ATOMICS(bits, type)                                                                        \
    API type __tsan_atomic##bits##_load(const volatile type *p, int order);                        \
    API void __tsan_atomic##bits##_store(volatile type *p, type v, int order);                     \
    API type __tsan_atomic##bits##_compare_exchange_val(volatile type *p, type expected, type v,   \
                                                        int order, int fail_order);                \
    type __tsan_atomic##bits##_load(const volatile type *p, int order) {                           \
        return (type)op_load(atomic(p, sizeof(type), order, PC));                                  \
    }                                                                                              \
    void __tsan_atomic##bits##_store(volatile type *p, type v, int order) {                        \
        op_store(atomic(p, sizeof(type), order, PC), v);                                           \
    }                                                                                              \
    type __tsan_atomic##bits##_compare_exchange_val(volatile type *p, type expected, type v,       \
                                                    int order, int fail_order) {                   \
        bool done;                                                                                 \
        return (type)compare(p, sizeof(type), expected, v, order, fail_order, PC, &done);          \
    }                                                                                              \
    COMPARE(bits, type, strong, false)                                                             \
    COMPARE(bits, type, weak, true)                                                                \
    UPDATE(bits, type, exchange, RMW_EXCHANGE)                                                     \
    UPDATE(bits, type, fetch_add, RMW_ADD)                                                         \
    UPDATE(bits, type, fetch_sub, RMW_SUB)                                                         \
    UPDATE(bits, type, fetch_and, RMW_AND)                                                         \
    UPDATE(bits, type, fetch_or, RMW_OR)                                                           \
    UPDATE(bits, type, fetch_xor, RMW_XOR)                                                         \
    UPDATE(bits, type, fetch_nand, RMW_NAND)

ATOMICS(8, uint8_t)
ATOMICS(16, uint16_t)
ATOMICS(32, uint32_t)
ATOMICS(64, uint64_t)
ATOMICS(128, value_t)

API void __tsan_atomic_thread_fence(int order);
API void __tsan_atomic_signal_fence(int order);
void __tsan_atomic_thread_fence(int order) { op_fence(order_of(order), PC); }

/* No order between threads; cpu_relax() (cpu.h) says by it that the thread spins. */
void __tsan_atomic_signal_fence(int order) {
    (void)order;
    spin_hint();
}

/* --- libatomic's general forms: large objects, and 16 bytes without cmpxchg16b ------------------ */

static bool fits(size_t size) {
    return size == 1 || size == 2 || size == 4 || size == 8 || size == 16;
}

/* libatomic guards a larger object by a lock, so its operations follow one another. Here they are a
 * chain of read-modify-writes on a hidden location, with the orders that the program asked for; the
 * value itself stays in memory, which is right because a run performs the chain in its order. */
static void enter_large(const void *p, size_t size, int order, int touch, uint64_t pc) {
    bool done;
    struct access a = atomic(p, 8, order, pc);
    a.space = SPACE_LARGE;
    op_rmw(a, (struct rmw){.op = RMW_ADD, .operand = 1, .fail_order = a.order}, &done);
    shadow_touch(p, size, TOUCH_ATOMIC | touch, pc);
}

static value_t value_at(const void *p, size_t size) {
    value_t v = 0;
    memcpy(&v, p, size);
    return v;
}

API void explorer_atomic_load(size_t size, const void *p, void *to,
                              int order) __asm__("__wrap___atomic_load");
API void explorer_atomic_store(size_t size, void *p, const void *from,
                               int order) __asm__("__wrap___atomic_store");
API void explorer_atomic_exchange(size_t size, void *p, const void *from, void *to,
                                  int order) __asm__("__wrap___atomic_exchange");
API bool
explorer_atomic_compare_exchange(size_t size, void *p, void *expected, const void *from, int order,
                                 int fail_order) __asm__("__wrap___atomic_compare_exchange");

void explorer_atomic_load(size_t size, const void *p, void *to, int order) {
    if (!fits(size)) {
        enter_large(p, size, order, 0, PC);
        memcpy(to, p, size);
        return;
    }
    value_t v = op_load(atomic(p, size, order, PC));
    memcpy(to, &v, size);
}

void explorer_atomic_store(size_t size, void *p, const void *from, int order) {
    if (!fits(size)) {
        enter_large(p, size, order, TOUCH_WRITE, PC);
        memcpy(p, from, size);
        return;
    }
    op_store(atomic(p, size, order, PC), value_at(from, size));
}

void explorer_atomic_exchange(size_t size, void *p, const void *from, void *to, int order) {
    if (!fits(size)) {
        enter_large(p, size, order, TOUCH_WRITE, PC);
        memcpy(to, p, size);
        memcpy(p, from, size);
        return;
    }
    value_t v = update(p, size, RMW_EXCHANGE, value_at(from, size), order, PC);
    memcpy(to, &v, size);
}

bool explorer_atomic_compare_exchange(size_t size, void *p, void *expected, const void *from,
                                      int order, int fail_order) {
    bool done;
    if (!fits(size)) {
        enter_large(p, size, order, TOUCH_WRITE, PC);
        done = memcmp(p, expected, size) == 0;
        memcpy(done ? p : expected, done ? from : p, size);
        return done;
    }
    value_t was = compare(p, size, value_at(expected, size), value_at(from, size), order,
                          fail_order, PC, &done);
    if (!done) memcpy(expected, &was, size);
    return done;
}

/* 16-byte objects have calls of their own. */
API value_t explorer_atomic_load_16(const value_t *p, int order) __asm__("__wrap___atomic_load_16");
API void explorer_atomic_store_16(value_t *p, value_t v,
                                  int order) __asm__("__wrap___atomic_store_16");
API value_t explorer_atomic_exchange_16(value_t *p, value_t v,
                                        int order) __asm__("__wrap___atomic_exchange_16");
API bool
explorer_atomic_compare_exchange_16(value_t *p, value_t *expected, value_t v, int order,
                                    int fail_order) __asm__("__wrap___atomic_compare_exchange_16");

value_t explorer_atomic_load_16(const value_t *p, int order) {
    return op_load(atomic(p, 16, order, PC));
}
void explorer_atomic_store_16(value_t *p, value_t v, int order) {
    op_store(atomic(p, 16, order, PC), v);
}
value_t explorer_atomic_exchange_16(value_t *p, value_t v, int order) {
    return update(p, 16, RMW_EXCHANGE, v, order, PC);
}
bool explorer_atomic_compare_exchange_16(value_t *p, value_t *expected, value_t v, int order,
                                         int fail_order) {
    bool done;
    value_t was = compare(p, 16, *expected, v, order, fail_order, PC, &done);
    if (!done) *expected = was;
    return done;
}

/* --- memory functions, which keep their names -------------------------------------------------- */

API void *__wrap_memcpy(void *to, const void *from, size_t n);
API void *__wrap_memmove(void *to, const void *from, size_t n);
API void *__wrap_memset(void *to, int byte, size_t n);
API int __wrap_memcmp(const void *a, const void *b, size_t n);
API int __wrap_bcmp(const void *a, const void *b, size_t n);

void *__wrap_memcpy(void *to, const void *from, size_t n) {
    if (n) plain(from, n, 0, PC), plain(to, n, TOUCH_WRITE, PC);
    return memcpy(to, from, n);
}
void *__wrap_memmove(void *to, const void *from, size_t n) {
    if (n) plain(from, n, 0, PC), plain(to, n, TOUCH_WRITE, PC);
    return memmove(to, from, n);
}
void *__wrap_memset(void *to, int byte, size_t n) {
    if (n) plain(to, n, TOUCH_WRITE, PC);
    return memset(to, byte, n);
}
int __wrap_memcmp(const void *a, const void *b, size_t n) {
    if (n) plain(a, n, 0, PC), plain(b, n, 0, PC);
    return memcmp(a, b, n);
}
int __wrap_bcmp(const void *a, const void *b, size_t n) {
    if (n) plain(a, n, 0, PC), plain(b, n, 0, PC);
    return memcmp(a, b, n);
}
API void *__tsan_memcpy(void *to, const void *from, size_t n);
API void *__tsan_memmove(void *to, const void *from, size_t n);
API void *__tsan_memset(void *to, int byte, size_t n);
void *__tsan_memcpy(void *to, const void *from, size_t n) {
    if (n) plain(from, n, 0, PC), plain(to, n, TOUCH_WRITE, PC);
    return memcpy(to, from, n);
}
void *__tsan_memmove(void *to, const void *from, size_t n) {
    if (n) plain(from, n, 0, PC), plain(to, n, TOUCH_WRITE, PC);
    return memmove(to, from, n);
}
void *__tsan_memset(void *to, int byte, size_t n) {
    if (n) plain(to, n, TOUCH_WRITE, PC);
    return memset(to, byte, n);
}
