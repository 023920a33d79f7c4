/* rate.c - what stands beside the attempts: a rate that never changes its mind. */
#include "rate.h"

#include "panic.h"

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
