/* returns.c - a function returns to where it was called from, with its caller's frame: both are kept
 * out of the unit's reach from its beginning to its end.
 *
 * They are found by the function's frame, not by the order of calls: a coroutine's frames end in
 * another order than they begin, and a frame that is abandoned (a panic that a test expects, a
 * coroutine that is dropped) is found again by the next one in its place.
 *
 * Source: a shadow stack: Burow, Zhang, Payer, "SoK: Shining Light on Shadow Stacks", IEEE S&P 2019.
 */
#include <sched.h>
#include <valgrind/helgrind.h>

#include "fence.h"

struct kept {
    const uintptr_t *frame; /* NULL: free */
    uintptr_t caller, code; /* what stands in frame[0] and frame[1] */
};

/* More than the frames that fit into a stack of 8 MiB: a page costs memory once it is used. */
#define PLACES (1u << 19)

static struct kept places[PLACES];
static uint32_t used, busy;

/* Helgrind knows neither our lock nor what it guards. */
__attribute__((constructor(102))) static void hide(void) {
    VALGRIND_HG_DISABLE_CHECKING(places, sizeof places);
    VALGRIND_HG_DISABLE_CHECKING(&used, sizeof used);
    VALGRIND_HG_DISABLE_CHECKING(&busy, sizeof busy);
}

/* The tests take turns, so nobody waits here but threads that no lab knows. */
static void lock(void) {
    while (__atomic_exchange_n(&busy, 1, __ATOMIC_ACQUIRE)) sched_yield(); /* [F1] */
}

static void unlock(void) { __atomic_store_n(&busy, 0, __ATOMIC_RELEASE); } /* [F1] our notes */

static uint32_t home_of(const uintptr_t *frame) { return (uintptr_t)frame / 16 % PLACES; }

/* The frame's place, or the free one that would be its. */
static uint32_t find(const uintptr_t *frame) {
    uint32_t place = home_of(frame);
    while (places[place].frame && places[place].frame != frame) place = (place + 1) % PLACES;
    return place;
}

/* Close the gap: what follows moves up unless it would then stand in front of its home.
 * Source: Knuth, TAOCP 3, 6.4, algorithm R. */
static void take_out(uint32_t gap) {
    used--;
    for (uint32_t next = (gap + 1) % PLACES; places[next].frame; next = (next + 1) % PLACES) {
        uint32_t home = home_of(places[next].frame);
        if ((next - home) % PLACES < (next - gap) % PLACES) continue;
        places[gap] = places[next];
        gap = next;
    }
    places[gap].frame = NULL;
}

void fence_enter(uintptr_t *frame) {
    if (!fence_is_units((void *)frame[1])) fence_note_judges_frames(frame);
    lock();
    uint32_t place = find(frame);
    if (!places[place].frame) used++;
    bool full = used > PLACES / 4 * 3;
    if (!full) places[place] = (struct kept){frame, frame[0], frame[1]};
    unlock();
    if (full)
        fence_fault(__builtin_frame_address(0), "nests more calls than fit into a stack",
                    FENCE_RETURNS);
}

void fence_leave(uintptr_t *frame) {
    lock();
    uint32_t place = find(frame);
    struct kept kept = places[place];
    if (kept.frame) take_out(place);
    unlock();
    if (!kept.frame)
        fence_fault(__builtin_frame_address(0), "has lost its frame on the stack", FENCE_RETURNS);
    if (kept.caller != frame[0] || kept.code != frame[1])
        fence_fault(__builtin_frame_address(0), "has overwritten the way back to its caller",
                    FENCE_RETURNS);
}
