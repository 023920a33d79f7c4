/* accesses.c - the fence (fence.h), in front of libtsan's plain accesses, functions and atomics.
 *
 * As in turns.c the linker sends the calls here, and the way on is a jump.
 */
#include "fence.h"
#include "jump.h"

#define ACCESS(NAME, SIZE, WRITE)                                                                  \
    void __real___tsan_##NAME##SIZE(void *object);                                                 \
    void __wrap___tsan_##NAME##SIZE(void *object);                                                 \
    JUMP void __wrap___tsan_##NAME##SIZE(void *object) {                                           \
        fence_touch(object, SIZE, WRITE);                                                          \
        __real___tsan_##NAME##SIZE(object);                                                        \
    }

#define ACCESSES(KIND, WRITE)                                                                      \
    ACCESS(KIND, 2, WRITE)                                                                         \
    ACCESS(KIND, 4, WRITE)                                                                         \
    ACCESS(KIND, 8, WRITE)                                                                         \
    ACCESS(KIND, 16, WRITE)

ACCESS(read, 1, false)
ACCESS(write, 1, true)
ACCESSES(read, false)
ACCESSES(write, true)
ACCESSES(unaligned_read, false)
ACCESSES(unaligned_write, true)

void __real___tsan_func_entry(void *caller);
void __wrap___tsan_func_entry(void *caller);
JUMP void __wrap___tsan_func_entry(void *caller) {
    fence_begins();
    __real___tsan_func_entry(caller);
}

void __real___tsan_func_exit(void);
void __wrap___tsan_func_exit(void);
JUMP void __wrap___tsan_func_exit(void) {
    fence_ends();
    __real___tsan_func_exit();
}
