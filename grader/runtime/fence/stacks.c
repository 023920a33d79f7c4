/* stacks.c - the judge's frames on the stacks of a test, and the threads' innards.
 *
 * A stack holds frames of the unit and of the judge in turns: the judge's that called the test's
 * body or a thread's, the unit's, now and then a judge's function that calls the unit back. When the
 * unit is called, the frames of its callers up to the unit's own next ones are the judge's until that
 * call is over: an island. The outermost one reaches to the end of the stack, where the C library
 * keeps what it knows of the thread; only the unit's thread-local variables are excepted.
 */
#include <pthread.h>
#include <sys/auxv.h>
#include <sys/resource.h>
#include <valgrind/helgrind.h>

#include "channel.h"
#include "fence.h"

#define THREADS       128
#define ISLANDS       8
#define CONTROL_BLOCK 2304 /* glibc's struct pthread */
#define PAGE          4096u

struct island {
    uintptr_t low, high;
};

struct stack {
    uintptr_t low, high; /* high == 0: the entry is free; atomic */
    uintptr_t pointer;   /* the thread's */
    uintptr_t rests; /* it rests in the judge's code, whose frames end here; 0: it runs; atomic */
    uint32_t count;  /* of islands; atomic: others read while we push */
    struct island islands[ISLANDS];
};

static struct stack stacks[THREADS];
static _Thread_local struct stack *mine;
static pthread_key_t ending; /* its destructor runs however a thread ends */

extern _Thread_local char fence_tdata_first[], fence_tdata_last[];
extern _Thread_local char fence_tbss_first[], fence_tbss_last[];

static void forget(void *entry) {
    struct stack *ended = entry;
    ended->count = 0;
    ended->rests = 0;
    __atomic_store_n(&ended->high, 0, __ATOMIC_RELEASE); /* [F2] the entry is free */
    mine = NULL;
}

__attribute__((constructor(102))) static void prepare(void) {
    pthread_key_create(&ending, forget);
    VALGRIND_HG_DISABLE_CHECKING(stacks, sizeof stacks);
}

static uintptr_t page_up(uintptr_t address) { return (address + PAGE - 1) / PAGE * PAGE; }

/* The main thread's stack ends behind the name that the kernel gave the program; another's is known
 * to the C library. */
static struct island bounds_of_own_stack(void) {
    struct rlimit limit;
    uintptr_t here = (uintptr_t)__builtin_frame_address(0);
    uintptr_t end = page_up((uintptr_t)getauxval(AT_EXECFN));
    getrlimit(RLIMIT_STACK, &limit);
    uintptr_t room = limit.rlim_cur < 1u << 30 ? limit.rlim_cur : 8u << 20;
    if (end - here < room) return (struct island){end - room, end};
    pthread_attr_t attributes;
    void *low = NULL;
    size_t bytes = 0;
    if (pthread_getattr_np(pthread_self(), &attributes) == 0) {
        pthread_attr_getstack(&attributes, &low, &bytes);
        pthread_attr_destroy(&attributes);
    }
    return (struct island){(uintptr_t)low, (uintptr_t)low + bytes};
}

static void adopt_thread(void) {
    struct island bounds = bounds_of_own_stack();
    for (struct stack *entry = stacks; entry < stacks + THREADS && !mine; entry++) {
        uintptr_t nobodys = 0;
        if (!__atomic_compare_exchange_n(&entry->high, &nobodys, bounds.high, false,
                                         __ATOMIC_ACQUIRE, /* [F2] its last owner is done with it */
                                         __ATOMIC_RELAXED))
            continue;
        entry->low = bounds.low;
        entry->pointer = (uintptr_t)__builtin_thread_pointer();
        VALGRIND_HG_DISABLE_CHECKING(&mine, sizeof mine); /* a later thread may get this memory */
        mine = entry;
        pthread_setspecific(ending, mine);
    }
}

/* How far out the judge's frames reach from this one. A function of a library keeps no frame
 * pointer: of those only the way back into it is known. */
static uintptr_t end_of_judges_frames(const uintptr_t *frame) {
    bool outermost = mine->count == 0, of_library = !place_is_ours((void *)frame[1]);
    if (of_library && !outermost) return (uintptr_t)(frame + 2);
    while (!fence_is_units((void *)frame[1])) {
        const uintptr_t *outer = (const uintptr_t *)frame[0];
        if (outer <= frame || (uintptr_t)outer >= mine->high || (uintptr_t)outer % 8)
            return mine->high;
        frame = outer;
    }
    return (uintptr_t)(frame + 2);
}

void fence_note_judges_frames(uintptr_t *frame) {
    uintptr_t low = (uintptr_t)frame;
    if (!mine) adopt_thread();
    if (!mine || low < mine->low || low >= mine->high) return; /* a coroutine's own stack */
    uint32_t count = mine->count;
    while (count && mine->islands[count - 1].low <= low) count--; /* those calls are over */
    mine->count = count;
    struct island island = {low, end_of_judges_frames(frame)};
    if (count == ISLANDS) count--; /* the innermost ones are kept, and the first */
    mine->islands[count] = island;
    __atomic_store_n(&mine->count, count + 1, __ATOMIC_RELEASE); /* [F3] with the island */
}

void fence_rest(const uintptr_t *frame) {
    uintptr_t end = 0;
    if (!mine) return;
    while (frame && !end) {
        const uintptr_t *outer = (const uintptr_t *)frame[0];
        if (fence_is_units((void *)frame[1])) end = (uintptr_t)(frame + 2);
        frame = outer > frame && (uintptr_t)outer < mine->high ? outer : NULL;
    }
    __atomic_store_n(&mine->rests, end, __ATOMIC_RELAXED); /* the turn is passed behind it */
}

/* In each thread the unit's thread-local variables lie at the same distance from its pointer. */
static uintptr_t in_stack(const struct stack *stack, const char *own_local) {
    return stack->pointer + ((uintptr_t)own_local - (uintptr_t)__builtin_thread_pointer());
}

static bool is_units_local(const struct stack *stack, uintptr_t first, uintptr_t end) {
    return (first >= in_stack(stack, fence_tdata_first) &&
            end <= in_stack(stack, fence_tdata_last)) ||
           (first >= in_stack(stack, fence_tbss_first) && end <= in_stack(stack, fence_tbss_last));
}

/* Thread-local variables and the control block, where they lie beside the stack. */
static bool touches_innards(const struct stack *stack, uintptr_t first, uintptr_t end) {
    uintptr_t low = in_stack(stack, fence_tdata_first) / PAGE * PAGE;
    return end > low && first < stack->pointer + CONTROL_BLOCK &&
           (stack->pointer < stack->low || stack->pointer >= stack->high);
}

static bool touches_judges_frames(const struct stack *stack, uintptr_t first, uintptr_t end) {
    uintptr_t rests = __atomic_load_n(&stack->rests, __ATOMIC_RELAXED); /* its owner rests */
    if (end > stack->low && first < rests) return true;
    uint32_t count = __atomic_load_n(&stack->count, __ATOMIC_ACQUIRE); /* [F3] */
    for (uint32_t at = 0; at < count; at++)
        if (end > stack->islands[at].low && first < stack->islands[at].high) return true;
    return false;
}

bool fence_is_judges_stack(uintptr_t first, uintptr_t end) {
    for (struct stack *stack = stacks; stack < stacks + THREADS; stack++) {
        if (!__atomic_load_n(&stack->high, __ATOMIC_RELAXED)) continue; /* nobody's */
        if (is_units_local(stack, first, end)) return false;
        if (touches_innards(stack, first, end) || touches_judges_frames(stack, first, end))
            return true;
    }
    return false;
}
