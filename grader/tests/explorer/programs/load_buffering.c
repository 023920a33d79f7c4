/* load_buffering.c - what no execution shows: each thread reads what the other writes afterwards.
 *
 * RC11 forbids it for every order (po and rf together have no cycle). The second assertion is the
 * out-of-thin-air case: a value that nobody computed.
 *
 * Source: O. Lahav, V. Vafeiadis, J. Kang, C.-K. Hur, D. Dreyer, "Repairing sequential consistency
 *         in C/C++11", PLDI 2017, section 4.
 * Bugs:   STRONGER        asserts what can well happen: that nobody read anything
 */
#include "corpus.h"

static atomic_int x, y;
static int seen[2];

static void copies_x(int me) {
    seen[me] = atomic_load_explicit(&x, relaxed);
    atomic_store_explicit(&y, 1, relaxed);
}

static void copies_y(int me) {
    seen[me] = atomic_load_explicit(&y, relaxed);
    atomic_store_explicit(&x, seen[me], relaxed);
}

int main(void) {
    TOGETHER(copies_x, copies_y);
#ifdef STRONGER
    assert(seen[0] == 0 && seen[1] == 0);
#endif
    assert(!(seen[0] == 1 && seen[1] == 1));
    assert(seen[0] <= 1 && seen[1] <= 1);
    return 0;
}
