/* rate.c - exercise 06, second part: how fast to offer, when nobody says so.
 *
 * It compiles as it stands, and never changes its mind.
 */
#include "rate.h"

#include "panic.h"

/* STEP 7 of 7: an adaptive rate.
 * Goal:  a little faster after a good round, half as fast after a bad one, once a round.
 * Keep:  least <= per_second <= most, always; and a pause is not followed by a burst.
 * Check: make check U=06-backpressure STEP=7
 */
void rate_init(struct rate *rate, uint64_t least, uint64_t most, uint64_t step, uint64_t aim_ns,
               uint64_t now_ns) {
    (void)now_ns;
    *rate = (struct rate){
        .per_second = least, .least = least, .most = most, .step = step, .aim_ns = aim_ns};
}

void rate_sample(struct rate *rate, uint64_t latency_ns, uint64_t now_ns) {
    (void)rate, (void)latency_ns, (void)now_ns;
}

uint64_t rate_next(struct rate *rate, uint64_t now_ns) {
    (void)rate;
    return now_ns;
}
