/* barrier_sense.c - a sense-reversing barrier, passed twice.
 *
 * Source: J. M. Mellor-Crummey, M. L. Scott, ACM TOCS 9(1), 1991, section 3.1; D. Hensgen, R.
 *         Finkel, U. Manber, 1988.
 * Bugs:   ONE_SENSE       the sense is never reversed: the second round does not wait
 *         LATE_RESET      the count is reset after the others have been let go
 *         RELAXED         passing the barrier orders nothing
 */
#include "corpus.h"

#ifdef RELAXED
#define ARRIVE  relaxed
#define ACQUIRE relaxed
#define RELEASE relaxed
#else
#define ARRIVE  acq_rel
#define ACQUIRE acquire
#define RELEASE release
#endif

enum { THREADS = 2, ROUNDS = 2 };

static atomic_int missing = THREADS;
static atomic_bool sense;
static int work[ROUNDS][THREADS];

static void barrier_wait(bool mine) {
    if (atomic_fetch_sub_explicit(&missing, 1, ARRIVE) != 1) {
        while (atomic_load_explicit(&sense, ACQUIRE) != mine)
            ;
        return;
    }
#ifdef LATE_RESET
    atomic_store_explicit(&sense, mine, RELEASE);
    atomic_store_explicit(&missing, THREADS, relaxed);
#else
    atomic_store_explicit(&missing, THREADS, relaxed);
    atomic_store_explicit(&sense, mine, RELEASE);
#endif
}

static void worker(int me) {
    bool mine = false;
    for (int round = 0; round < ROUNDS; round++) {
        work[round][me] = 1;
#ifdef ONE_SENSE
        mine = true;
#else
        mine = !mine;
#endif
        barrier_wait(mine);
        assert(work[round][1 - me] == 1);
    }
}

int main(void) {
    TOGETHER(worker, worker);
    return 0;
}
