/* hooks.c - the plain half of the __tsan_* interface.
 *
 * Valgrind sees plain accesses and calls by itself, in the machine code, so most of these do
 * nothing. A plain write only tells edges.h that an atomic object may have started a new life: that
 * is what atomic_init and an initialising assignment compile to.
 */
#include <stddef.h>
#include <string.h>

#include "edges.h"

#define NOTHING(NAME, ...)                                                                         \
    void __tsan_##NAME(__VA_ARGS__);                                                               \
    void __tsan_##NAME(__VA_ARGS__) {}

#define WRITE(NAME)                                                                                \
    void __tsan_##NAME(void *object);                                                              \
    void __tsan_##NAME(void *object) { edges_plain_write(object); }

/* Reads of n bytes, and volatile and unaligned ones. */
#define READS(SIZE)                                                                                \
    NOTHING(read##SIZE, const void *object __attribute__((unused)))                                \
    NOTHING(read##SIZE##_pc, const void *object __attribute__((unused)),                           \
            const void *pc __attribute__((unused)))                                                \
    NOTHING(volatile_read##SIZE, const void *object __attribute__((unused)))                       \
    NOTHING(unaligned_read##SIZE, const void *object __attribute__((unused)))                      \
    NOTHING(unaligned_volatile_read##SIZE, const void *object __attribute__((unused)))

#define WRITES(SIZE)                                                                               \
    WRITE(write##SIZE)                                                                             \
    WRITE(volatile_write##SIZE)                                                                    \
    WRITE(unaligned_write##SIZE)                                                                   \
    WRITE(unaligned_volatile_write##SIZE)                                                          \
    WRITE(read_write##SIZE)                                                                        \
    WRITE(unaligned_read_write##SIZE)

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
NOTHING(func_entry, void *caller __attribute__((unused)))
NOTHING(func_exit, void)
NOTHING(vptr_read, void **object __attribute__((unused)))
NOTHING(vptr_update, void **object __attribute__((unused)), void *value __attribute__((unused)))
NOTHING(read_range, const void *first __attribute__((unused)), size_t bytes __attribute__((unused)))

/* Atomic objects may stand at any multiple of four bytes within. */
static void plain_write_range(char *first, size_t bytes) {
    for (size_t offset = 0; offset < bytes; offset += 4) edges_plain_write(first + offset);
}

void __tsan_write_range(void *first, size_t bytes);
void __tsan_write_range(void *first, size_t bytes) { plain_write_range(first, bytes); }

void *__tsan_memcpy(void *to, const void *from, size_t bytes);
void *__tsan_memcpy(void *to, const void *from, size_t bytes) {
    plain_write_range(to, bytes);
    return memcpy(to, from, bytes);
}

void *__tsan_memmove(void *to, const void *from, size_t bytes);
void *__tsan_memmove(void *to, const void *from, size_t bytes) {
    plain_write_range(to, bytes);
    return memmove(to, from, bytes);
}

void *__tsan_memset(void *to, int value, size_t bytes);
void *__tsan_memset(void *to, int value, size_t bytes) {
    plain_write_range(to, bytes);
    return memset(to, value, bytes);
}
