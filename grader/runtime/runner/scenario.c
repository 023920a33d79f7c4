/* scenario.c - scenario.h with the lab's threads.
 *
 * They run by turns (lab/turns.h), and each round goes another way, the same in every run.
 */
#include "scenario.h"

#include <stddef.h>

#include "channel.h"
#include "frames.h"
#include "history.h"
#include "lab.h"
#include "roster.h"
#include "verdict.h"

#define ROUNDS_BY_HAND 20

static void run_body(void *scenarios_place) {
    void (*const *place)(void) = scenarios_place;
    (*place)();
}

static void run_round(const struct scenario *scenario) {
    struct lab_thread *threads[SCENARIO_MAX_THREADS];
    size_t count = 0;
    roster_new_round();
    if (scenario->linearizable) history_clear();
    if (scenario->setup) scenario->setup();
    for (; count < SCENARIO_MAX_THREADS && scenario->threads[count]; count++)
        threads[count] = lab_start(run_body, (void *)&scenario->threads[count]);
    for (size_t thread = 0; thread < count; thread++) lab_join(threads[thread]);
    if (scenario->finally) scenario->finally();
    if (scenario->linearizable) history_require_linearizable(scenario->linearizable);
}

/* A round is one schedule: neither progress nor fairness can be judged by it. */
int scenario_contention(void) { return 1; }
void scenario_asks(void) {}
void scenario_enters(void) {}

void scenario_run(const struct scenario *scenario) {
    uint32_t rounds = channel_rounds(ROUNDS_BY_HAND);
    for (uint32_t round = 0; round < rounds; round++) run_round(scenario);
}

_Noreturn void scenario_broken(const char *file, int line, const char *condition,
                               const char *promise) {
    struct packet packet;
    void *frames[FRAMES];
    (void)file, (void)line; /* the frames have both */
    frames_walk(frames, __builtin_frame_address(0), roster_outermost());
    fault_begin(
        &packet, "broken",
        (const char *[]){promise, ": that did not hold: `", condition, "` is false.", NULL});
    roster_tell_caller(&packet, "found it broken", frames);
    fault_end(&packet);
}
