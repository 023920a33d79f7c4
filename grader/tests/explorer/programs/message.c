/* message.c - message passing: plain data, and a flag that says that they are there.
 *
 * FENCES: relaxed accesses with a release fence before and an acquire fence behind.
 *
 * Source: L. Maranget, S. Sarkar, P. Sewell, "A tutorial introduction to the ARM and POWER relaxed
 *         memory models", 2012: MP.
 * Bugs:   RELAXED_FLAG        neither end orders anything
 *         NO_RELEASE_FENCE    (FENCES) nothing before the store
 *         NO_ACQUIRE_FENCE    (FENCES) nothing behind the load
 *         PLAIN_FLAG          the flag is no atomic
 */
#include "corpus.h"

static int data;
#ifdef PLAIN_FLAG
static int flag;
#define SET() (flag = 1)
#define GET() (flag)
#else
static atomic_int flag;
#if defined(FENCES) || defined(RELAXED_FLAG)
#define SET() atomic_store_explicit(&flag, 1, relaxed)
#define GET() atomic_load_explicit(&flag, relaxed)
#else
#define SET() atomic_store_explicit(&flag, 1, release)
#define GET() atomic_load_explicit(&flag, acquire)
#endif
#endif

static void sender(int me) {
    (void)me;
    data = 42;
#if defined(FENCES) && !defined(NO_RELEASE_FENCE)
    atomic_thread_fence(release);
#endif
    SET();
}

static void receiver(int me) {
    (void)me;
    if (!GET()) return;
#if defined(FENCES) && !defined(NO_ACQUIRE_FENCE)
    atomic_thread_fence(acquire);
#endif
    assert(data == 42);
}

int main(void) {
    TOGETHER(sender, receiver, receiver);
    return 0;
}
