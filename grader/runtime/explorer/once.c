/* once.c - pthread_once, and call_once of C11.
 *
 * Source: POSIX.1-2017, pthread_once(); C17 7.26.2.1 (the call that runs the function synchronizes
 * with those that find it done).
 *
 * State: 0 nobody came yet, 1 the function runs, 2 it has returned. A caller waits while it is 1.
 */
#include "sync.h"

enum { RUNS = 1, DONE = 2 };

void once_call(void *control, void (*body)(void), uint64_t pc) {
    bool first;
    struct rmw begin = {.op = RMW_CAS,
                        .operand = RUNS,
                        .expected = 0,
                        .fail_order = ORDER_ACQUIRE,
                        .guard = GUARD_NE,
                        .guard_arg = RUNS};
    op_rmw(sync_access(SPACE_ONCE, control, ORDER_ACQUIRE, LABEL_ONCE, pc), begin, &first);
    sync_touch(control, pc);
    if (!first) return;
    body();
    op_store(sync_access(SPACE_ONCE, control, ORDER_RELEASE, LABEL_ONCE_DONE, pc), DONE);
    sync_touch(control, pc);
}

API int __wrap_pthread_once(pthread_once_t *control, void (*body)(void)) {
    once_call(control, body, PC);
    return 0;
}
