/* scenario.c - scenario.h with real threads, in the lab.
 *
 * The threads of a round are released together, by a word that no judge sees: it orders nothing.
 * Each then delays itself by a pseudo-random number of pauses, from the round's number alone, so
 * that different rounds meet at different moments and a second run does the same again.
 */
#include "scenario.h"

#include <sched.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <valgrind/helgrind.h>

#include "channel.h"
#include "cpu.h"
#include "frames.h"
#include "history.h"
#include "lab.h"
#include "roster.h"
#include "verdict.h"

#define ROUNDS_BY_HAND 20
#define MOST_PAUSES    256

struct runner_thread {
    void (*body)(void);
    uint32_t pauses;
};

static uint32_t released; /* atomic: the round's number when its threads may go */
static struct runner_thread bodies[SCENARIO_MAX_THREADS];

static uint32_t next_random(uint32_t *state) {
    *state = *state * 1664525 + 1013904223; /* Knuth, TAOCP 2, 3.3.4, table 1, line 16 */
    return *state >> 16;
}

/* Only the first thread to be started can come too early for the others. */
static void run_body(void *argument) {
    struct runner_thread *thread = argument;
    void (*body)(void) = thread->body;
    /* Relaxed, uninstrumented: an edge here would hide races between the bodies. */
    while (!__atomic_load_n(&released, __ATOMIC_RELAXED)) syscall(SYS_sched_yield);
    for (uint32_t pause = thread->pauses; pause; pause--) cpu_relax();
    body();
}

static void run_round(const struct scenario *scenario, uint32_t *random) {
    struct lab_thread *threads[SCENARIO_MAX_THREADS];
    size_t count = 0;
    roster_new_round();
    __atomic_store_n(&released, 0, __ATOMIC_RELAXED); /* no thread of the round runs yet */
    if (scenario->linearizable) history_clear();
    if (scenario->setup) scenario->setup();
    for (; count < SCENARIO_MAX_THREADS && scenario->threads[count]; count++) {
        bodies[count] =
            (struct runner_thread){scenario->threads[count], next_random(random) % MOST_PAUSES};
        threads[count] = lab_start(run_body, &bodies[count]);
    }
    __atomic_store_n(&released, 1, __ATOMIC_RELAXED); /* orders nothing on purpose */
    for (size_t thread = 0; thread < count; thread++) lab_join(threads[thread]);
    if (scenario->finally) scenario->finally();
    if (scenario->linearizable) history_require_linearizable(scenario->linearizable);
}

/* Real threads show one schedule: neither progress nor fairness can be judged by it. */
int scenario_contention(void) { return 1; }
void scenario_asks(void) {}
void scenario_enters(void) {}

void scenario_run(const struct scenario *scenario) {
    uint32_t rounds = channel_rounds(ROUNDS_BY_HAND), random = 1;
    VALGRIND_HG_DISABLE_CHECKING(&released, sizeof released);
    VALGRIND_HG_DISABLE_CHECKING(bodies, sizeof bodies);
    for (uint32_t round = 0; round < rounds; round++) run_round(scenario, &random);
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
