/* random.h - the explorer's own random numbers: the same seed, the same numbers, everywhere.
 *
 * Source: Marsaglia, "Xorshift RNGs", Journal of Statistical Software 8(14), 2003; the multiplier of
 * xorshift64* by Vigna, "An experimental exploration of Marsaglia's xorshift generators, scrambled",
 * ACM TOMS 42(4), 2016.
 */
#ifndef HBX_RANDOM_H
#define HBX_RANDOM_H

#include <stdint.h>

extern uint64_t random_state;

static inline void random_seed(uint64_t seed) {
    random_state = (seed + 1) * 0x9E3779B97F4A7C15u;
    if (random_state == 0) random_state = 1;
}

static inline uint64_t random_next(void) {
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return random_state * 0x2545F4914F6CDD1Du;
}

/* A number below n. */
static inline uint32_t random_below(uint32_t n) {
    return (uint32_t)(((random_next() >> 32) * n) >> 32);
}

#endif
