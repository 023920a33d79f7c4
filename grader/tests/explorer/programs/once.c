/* once.c - initialisation by whoever comes first, the others wait until it is done.
 *
 * Bugs:   OWN_EARLY       an own once: marks as done before it is done
 *         OWN_TWICE       an own once: two threads may both find it not done
 */
#include "corpus.h"

static int table[2];
static int made;

static void make_table(void) {
    made++;
    table[0] = 1;
    table[1] = 2;
}

#if defined(OWN_EARLY)
static atomic_bool done;
static void make_once(void) {
    if (!atomic_exchange_explicit(&done, true, acq_rel)) make_table();
}
#elif defined(OWN_TWICE)
static atomic_bool done;
static void make_once(void) {
    if (atomic_load_explicit(&done, acquire)) return;
    make_table();
    atomic_store_explicit(&done, true, release);
}
#else
static pthread_once_t once = PTHREAD_ONCE_INIT;
static void make_once(void) { pthread_once(&once, make_table); }
#endif

static void worker(int me) {
    make_once();
    assert(table[me % 2] == me % 2 + 1);
}

int main(void) {
    TOGETHER(worker, worker, worker);
    assert(made == 1);
    return 0;
}
