/* copies.c - what compilers call for assignments of structs: looked at like every other access.
 *
 * The linker sends these calls here (--wrap). The way on is a jump: ThreadSanitizer takes the return
 * address for the line of the access.
 */
#include "fence.h"
#include "jump.h"

#define COPY(NAME)                                                                                 \
    void *__real_##NAME(void *to, const void *from, size_t bytes);                                 \
    void *__wrap_##NAME(void *to, const void *from, size_t bytes);                                 \
    JUMP void *__wrap_##NAME(void *to, const void *from, size_t bytes) {                           \
        fence_touch(from, bytes, false);                                                           \
        fence_touch(to, bytes, true);                                                              \
        return __real_##NAME(to, from, bytes);                                                     \
    }

#define COMPARE(NAME)                                                                              \
    int __real_##NAME(const void *left, const void *right, size_t bytes);                          \
    int __wrap_##NAME(const void *left, const void *right, size_t bytes);                          \
    JUMP int __wrap_##NAME(const void *left, const void *right, size_t bytes) {                    \
        fence_touch(left, bytes, false);                                                           \
        fence_touch(right, bytes, false);                                                          \
        return __real_##NAME(left, right, bytes);                                                  \
    }

COPY(memcpy)
COPY(memmove)
COMPARE(memcmp)
COMPARE(bcmp)

void *__real_memset(void *to, int value, size_t bytes);
void *__wrap_memset(void *to, int value, size_t bytes);
JUMP void *__wrap_memset(void *to, int value, size_t bytes) {
    fence_touch(to, bytes, true);
    return __real_memset(to, value, bytes);
}
