/* unroll.c - the bound on loops. */
#include "unroll.h"

#include "location.h"
#include "run.h"

enum { POINTS = 256 };

static struct {
    uint64_t pc;
    uint32_t run, count;
} points[MAX_THREADS][POINTS];

void unroll_count(uint64_t pc) {
    if (!options.unroll) return;
    unsigned at = (unsigned)((pc * 0x9E3779B97F4A7C15u) >> 56);
    for (unsigned tries = 0; tries < POINTS; tries++, at = (at + 1) % POINTS) {
        if (points[run.me][at].run != location_run) {
            points[run.me][at].run = location_run;
            points[run.me][at].pc = pc;
            points[run.me][at].count = 0;
        }
        if (points[run.me][at].pc == pc) break;
    }
    if (++points[run.me][at].count <= options.unroll) return;
    run_bounded("unroll");
    run_end(RUN_LIMIT);
}
