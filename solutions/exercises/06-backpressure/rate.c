/* rate.c - reference: additive increase, multiplicative decrease, once a round.
 *
 * Source: see rate.h. That a decrease counts once for each round trip, however many losses it had, is
 * V. Jacobson, "Congestion Avoidance and Control", SIGCOMM 1988.
 */
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

static void end_round(struct rate *rate) {
    if (!rate->sampled) return;
    if (rate->late) {
        rate->per_second /= 2;
        if (rate->per_second < rate->least) rate->per_second = rate->least;
    } else {
        uint64_t room = rate->most - rate->per_second;
        rate->per_second += rate->step < room ? rate->step : room;
    }
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
