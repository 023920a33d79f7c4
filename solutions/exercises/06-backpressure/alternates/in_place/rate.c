/* rate.c - another answer: the bounds as expressions. Else the reference. */
#include "rate.h"

#include "panic.h"

#define SECOND_NS UINT64_C(1000000000)

void rate_init(struct rate *rate, uint64_t least, uint64_t most, uint64_t step, uint64_t aim_ns,
               uint64_t now_ns) {
    if (least == 0 || least > most || most > SECOND_NS || aim_ns == 0)
        panic("rate_init", "a rate lies between 1 and 1,000,000,000, and a latency above 0");
    *rate = (struct rate){.per_second = least,
                          .least = least,
                          .most = most,
                          .step = step,
                          .aim_ns = aim_ns,
                          .round_ends_ns = now_ns + aim_ns,
                          .next_ns = now_ns};
}

static uint64_t at_least(uint64_t value, uint64_t least) { return value < least ? least : value; }

static void end_round(struct rate *rate) {
    if (rate->late)
        rate->per_second = at_least(rate->per_second / 2, rate->least);
    else if (rate->sampled)
        rate->per_second = rate->step >= rate->most - rate->per_second
                               ? rate->most
                               : rate->per_second + rate->step;
}

void rate_sample(struct rate *rate, uint64_t latency_ns, uint64_t now_ns) {
    if (now_ns >= rate->round_ends_ns) {
        end_round(rate);
        rate->sampled = rate->late = false;
        rate->round_ends_ns = now_ns + rate->aim_ns;
    }
    rate->sampled = true;
    rate->late |= latency_ns > rate->aim_ns;
}

uint64_t rate_next(struct rate *rate, uint64_t now_ns) {
    uint64_t at = rate->next_ns > now_ns ? rate->next_ns : now_ns;
    rate->next_ns = at + SECOND_NS / rate->per_second;
    return at;
}
