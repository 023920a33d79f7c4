/* hooks.c - the plain half of the __tsan_* interface.
 *
 * Valgrind sees plain accesses and calls by itself, in the machine code; here the fence looks at
 * them. A plain write also tells edges.h that an atomic object may have started a new life: that is
 * what atomic_init and an initialising assignment compile to.
 */
#include <stddef.h>
#include <string.h>

#include "edges.h"
#include "fence.h"

#define NOTHING(NAME, ...)                                                                         \
    void __tsan_##NAME(__VA_ARGS__);                                                               \
    void __tsan_##NAME(__VA_ARGS__) {}

#define READ(NAME, SIZE)                                                                           \
    void __tsan_##NAME(const void *object);                                                        \
    void __tsan_##NAME(const void *object) { fence_touch(object, SIZE, false); }

#define WRITE(NAME, SIZE)                                                                          \
    void __tsan_##NAME(void *object);                                                              \
    void __tsan_##NAME(void *object) {                                                             \
        fence_touch(object, SIZE, true);                                                           \
        edges_plain_write(object);                                                                 \
    }

/* Accesses of n bytes, and volatile and unaligned ones. */
#define READS(SIZE)                                                                                \
    READ(read##SIZE, SIZE)                                                                         \
    READ(read##SIZE##_pc, SIZE)                                                                    \
    READ(volatile_read##SIZE, SIZE)                                                                \
    READ(unaligned_read##SIZE, SIZE)                                                               \
    READ(unaligned_volatile_read##SIZE, SIZE)

#define WRITES(SIZE)                                                                               \
    WRITE(write##SIZE, SIZE)                                                                       \
    WRITE(volatile_write##SIZE, SIZE)                                                              \
    WRITE(unaligned_write##SIZE, SIZE)                                                             \
    WRITE(unaligned_volatile_write##SIZE, SIZE)                                                    \
    WRITE(read_write##SIZE, SIZE)                                                                  \
    WRITE(unaligned_read_write##SIZE, SIZE)

READS(1)
READS(2)
READS(4)
READS(8)
READS(16)
WRITES(1)
WRITES(2)
WRITES(4)
WRITES(8)
WRITES(16)

NOTHING(init, void)
NOTHING(vptr_read, void **object __attribute__((unused)))
NOTHING(vptr_update, void **object __attribute__((unused)), void *value __attribute__((unused)))

void __tsan_func_entry(void *caller);
void __tsan_func_entry(void *caller) {
    (void)caller;
    fence_begins();
}

void __tsan_func_exit(void);
void __tsan_func_exit(void) { fence_ends(); }

void __tsan_read_range(const void *first, size_t bytes);
void __tsan_read_range(const void *first, size_t bytes) { fence_touch(first, bytes, false); }

/* Atomic objects may stand at any multiple of four bytes within. */
static void plain_write_range(char *first, size_t bytes) {
    for (size_t offset = 0; offset < bytes; offset += 4) edges_plain_write(first + offset);
}

void __tsan_write_range(void *first, size_t bytes);
void __tsan_write_range(void *first, size_t bytes) {
    fence_touch(first, bytes, true);
    plain_write_range(first, bytes);
}

void *__tsan_memcpy(void *to, const void *from, size_t bytes);
void *__tsan_memcpy(void *to, const void *from, size_t bytes) {
    fence_touch(from, bytes, false);
    fence_touch(to, bytes, true);
    plain_write_range(to, bytes);
    return memcpy(to, from, bytes);
}

void *__tsan_memmove(void *to, const void *from, size_t bytes);
void *__tsan_memmove(void *to, const void *from, size_t bytes) {
    fence_touch(from, bytes, false);
    fence_touch(to, bytes, true);
    plain_write_range(to, bytes);
    return memmove(to, from, bytes);
}

void *__tsan_memset(void *to, int value, size_t bytes);
void *__tsan_memset(void *to, int value, size_t bytes) {
    fence_touch(to, bytes, true);
    plain_write_range(to, bytes);
    return memset(to, value, bytes);
}
