/* rate.h - the contract of exercise 06, second part: how fast to offer, when nobody says so.
 *
 * Credits bound how much is under way. They do not say how fast to send: a producer with credits sends at
 * once, and a queue that is always full adds its whole length to every latency. A rate finds, from latencies
 * alone, the speed at which the queue stays short: a little faster after each round that was good, half as
 * fast after one that was not.
 *
 * Pure arithmetic: no clock, no allocation, no thread. One thread at a time.
 *
 * Source: D.-M. Chiu, R. Jain, "Analysis of the Increase and Decrease Algorithms for Congestion Avoidance in
 * Computer Networks", Computer Networks and ISDN Systems 17, 1989.
 */
#ifndef HB_RATE_H
#define HB_RATE_H

#include <stdbool.h>
#include <stdint.h>

/* --- STEP 7: an adaptive rate --------------------------------------------------------------------- */

struct rate {
    uint64_t per_second;        /* values per second, now */
    uint64_t least, most, step; /* values per second */
    uint64_t aim_ns;            /* a latency above it is too much */
    uint64_t round_ends_ns;     /* the round that runs */
    uint64_t next_ns;           /* the earliest moment for the next value */
    bool sampled, late;         /* in this round: any latency; one that was too much */
};

/* Begin at `least` values per second, at this moment.
 *
 * Errors:    least is 0, more than `most`, or `most` is more than 1,000,000,000; aim_ns is 0: panics
 *            ("rate_init").
 */
void rate_init(struct rate *rate, uint64_t least, uint64_t most, uint64_t step, uint64_t aim_ns,
               uint64_t now_ns);

/* A value has come through, and took so long. A round lasts one aim_ns: in less nothing that was changed can
 * be seen in a latency. When a sample comes and the round that runs has ended, what is known of it is put into
 * effect, and a new round begins at this moment, with this sample:
 *
 *   late            per_second is halved (rounded down), but not below `least`
 *   not late        per_second grows by `step`, but not above `most`
 *
 * So a round in which a hundred latencies were too long halves once. A first round without samples changes
 * nothing. `now_ns` never runs backwards.
 */
void rate_sample(struct rate *rate, uint64_t latency_ns, uint64_t now_ns);

/* When may the next value be offered? At the moment returned, or later; the caller will do so. Values are
 * 1/per_second apart (rounded down to nanoseconds), from the later of now and the moment before; time in which
 * nothing was offered is not made up for by a burst.
 */
uint64_t rate_next(struct rate *rate, uint64_t now_ns);

#endif
