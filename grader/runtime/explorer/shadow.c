/* shadow.c - who touched which byte of plain memory, and whether that was in order. */
#include "shadow.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "fault.h"
#include "heap.h"
#include "location.h"
#include "memory.h"
#include "run.h"
#include "spin.h"

/* One for each 8 bytes. `first` holds if `run` is the current run. */
struct cell {
    uint32_t run, first;
};

struct touch {
    uint32_t next, pc; /* next: 0 ends the list; pc: programs are linked below 4 GiB */
    int16_t idx;       /* events that its thread had performed */
    uint8_t tid, mask, kind;
    bool atomics; /* it and all behind it are atomic, with its mask */
};

enum { MAX_TOUCHES = 1 << 22 };

static struct cell *slot_cells, *segment_cells;
static struct touch *touches; /* [0] is not used */
static uint32_t n_touches, spare;
static uint32_t foreign; /* bit t: another thread has touched the stack of t in this run */

static void *reserve(size_t bytes) {
    void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
                   -1, 0);
    if (p == MAP_FAILED) fault_internal("no address space for the shadow of memory");
    return p;
}

void shadow_begin(void) {
    slot_cells = reserve(SLOTS_BYTES);
    segment_cells = reserve(segment_high - segment_low + 64);
    touches = reserve(sizeof *touches * MAX_TOUCHES);
}

void shadow_reset(void) {
    n_touches = 0;
    spare = 0;
    foreign = 0;
}

static inline struct cell *cell_of(uintptr_t address) {
    uintptr_t in_slots = address - SLOTS_BASE;
    if (in_slots < SLOTS_BYTES) return &slot_cells[in_slots / 8];
    uintptr_t low = segment_low & ~(uintptr_t)7;
    if (address - low < segment_high - low) return &segment_cells[(address - low) / 8];
    return NULL;
}

static uint32_t new_touch(void) {
    if (spare) {
        uint32_t t = spare;
        spare = touches[t].next;
        return t;
    }
    if (++n_touches == MAX_TOUCHES)
        fault_raise(FAULT_NOT_MODELLED, 0,
                    "not modelled: too many plain accesses in one execution");
    return n_touches;
}

static const char *what(int kind) {
    if (kind & TOUCH_FREE) return "free";
    if (kind & TOUCH_FRAME) return "return from the function";
    if (kind & TOUCH_ATOMIC) return kind & TOUCH_WRITE ? "atomic write" : "atomic read";
    return kind & TOUCH_WRITE ? "write" : "read";
}

_Noreturn static void race(const struct touch *t, int kind, uint64_t pc, uintptr_t word) {
    fault.address = word + (unsigned)__builtin_ctz(t->mask);
    fault.other_what = what(t->kind);
    fault.other_idx = t->idx;
    if ((t->kind | kind) & TOUCH_FRAME)
        fault_raise_pair(
            FAULT_USE_AFTER_FREE, pc, t->tid, t->pc,
            "%s of thread %d and %s of thread %d: the function's variables may be gone "
            "when they are used",
            what(kind), run.me, what(t->kind), t->tid);
    if ((t->kind | kind) & TOUCH_FREE)
        fault_raise_pair(FAULT_USE_AFTER_FREE, pc, t->tid, t->pc,
                         "%s of thread %d and %s of thread %d: the memory may be gone when it is "
                         "used",
                         what(kind), run.me, what(t->kind), t->tid);
    fault_raise_pair(FAULT_RACE, pc, t->tid, t->pc,
                     "%s of thread %d and %s of thread %d: neither happens-before the other",
                     what(kind), run.me, what(t->kind), t->tid);
}

_Noreturn static void use_after_free(const struct touch *t, int kind, uint64_t pc, uintptr_t word) {
    fault.address = word + (unsigned)__builtin_ctz(t->mask);
    fault.other_what = what(t->kind);
    fault.other_idx = t->idx;
    enum fault_kind named = kind & TOUCH_FREE ? FAULT_DOUBLE_FREE : FAULT_USE_AFTER_FREE;
    fault_raise_pair(named, pc, t->tid, t->pc, "%s of memory that thread %d has freed", what(kind),
                     t->tid);
}

/* Is the epoch part of what the running thread knows? */
static inline bool ordered(const struct touch *t, const struct clock *known) {
    return t->tid == run.me || t->idx < known->at[t->tid];
}

/* How many events come before an access of this kind, now. */
static inline int16_t epoch(int kind) {
    return (int16_t)(run.threads[run.me].performed - (kind & TOUCH_ATOMIC ? 1 : 0));
}

static inline void set_touch(struct touch *t, uint8_t mask, int kind, uint64_t pc) {
    t->pc = (uint32_t)pc;
    t->idx = epoch(kind);
    t->tid = (uint8_t)run.me;
    t->mask = mask;
    t->kind = (uint8_t)kind;
}

static uint32_t push_touch(struct cell *cell) {
    uint32_t t = new_touch();
    touches[t].next = cell->first;
    touches[t].atomics = false;
    cell->first = t;
    return t;
}

/* An atomic access where all were atomic, of the same bytes: no two of them race. */
static inline void touch_among_atomics(struct cell *cell, uint8_t mask, int kind, uint64_t pc) {
    uint32_t at = cell->first;
    while (at && (touches[at].tid != run.me || touches[at].kind != kind)) at = touches[at].next;
    if (!at) at = push_touch(cell);
    touches[at].atomics = true;
    set_touch(&touches[at], mask, kind, pc);
}

/* The two most frequent cases. False: neither. */
static inline bool touch_quickly(struct cell *cell, uint8_t mask, int kind, uint64_t pc) {
    struct touch *t = &touches[cell->first];
    bool atomic = kind & TOUCH_ATOMIC;
    if (cell->first == 0 ? atomic : atomic && t->atomics && t->mask == mask) {
        touch_among_atomics(cell, mask, kind, pc);
        return true;
    }
    /* Nobody else was here, and the thread itself did the same. */
    if (cell->first == 0 || t->next != 0 || t->tid != run.me || t->mask != mask ||
        t->kind != kind || kind & TOUCH_FREE)
        return false;
    set_touch(t, mask, kind, pc);
    return true;
}

static void touch_word(struct cell *cell, uintptr_t word, uint8_t mask, int kind, uint64_t pc) {
    if (cell->run != location_run) cell->run = location_run, cell->first = 0;
    if (touch_quickly(cell, mask, kind, pc)) return;
    const struct clock *known = run_known(run.me);
    uint32_t mine = 0, *link = &cell->first;
    bool atomics = false;
    for (uint32_t at = *link; at; at = *link) {
        struct touch *t = &touches[at];
        if (!(kind & TOUCH_ATOMIC)) t->atomics = false;
        if (!(t->mask & mask)) {
            link = &t->next;
            continue;
        }
        if (t->kind & TOUCH_FREE) use_after_free(t, kind, pc, word);
        bool conflict = (t->kind | kind) & TOUCH_WRITE && !(t->kind & kind & TOUCH_ATOMIC);
        if (t->kind & TOUCH_ATOMIC) atomics = true;
        if (t->kind & kind & TOUCH_ATOMIC && t->mask != mask)
            fault_raise(FAULT_NOT_MODELLED, pc,
                        "not modelled: atomic accesses of %d and of %d bytes to one object",
                        __builtin_popcount(t->mask), __builtin_popcount(mask));
        bool known_to_me = ordered(t, known);
        if (conflict && !known_to_me) race(t, kind, pc, word);
        bool covered = !(t->mask & ~mask);
        if (covered && known_to_me &&
            ((kind & TOUCH_WRITE && !(t->kind & kind & TOUCH_ATOMIC)) ||
             (t->tid == run.me && t->kind == kind))) {
            if (!mine) {
                mine = at;
                link = &t->next;
            } else {
                *link = t->next;
                t->next = spare;
                spare = at;
            }
            continue;
        }
        link = &t->next;
    }
    if (!mine) mine = push_touch(cell);
    set_touch(&touches[mine], mask, kind, pc);
    if (atomics && kind & TOUCH_WRITE && !(kind & TOUCH_ATOMIC)) location_overwritten(word, mask);
}

/* Somebody else's stack: only what is in use there may be touched. */
static void check_stack(uintptr_t address, int owner, int kind, uint64_t pc) {
    if (owner == run.me || !in_stack(address, owner)) return;
    foreign |= 1u << owner;
    const struct thread *t = &run.threads[owner];
    if (t->state == THREAD_DONE || address < t->frame) {
        fault.address = address;
        fault_raise(FAULT_USE_AFTER_FREE, pc,
                    "%s of a local variable of thread %d, which has returned from that function",
                    what(kind), owner);
    }
}

void shadow_touch(const void *pointer, size_t size, int kind, uint64_t pc) {
    uintptr_t address = (uintptr_t)pointer, end = address + size;
    int owner = slot_owner(address);
    if (owner >= 0) {
        check_stack(address, owner, kind, pc);
        if (address - heap_low(owner) < HEAP_BYTES && !(kind & TOUCH_FREE))
            heap_check(address, size, kind & TOUCH_WRITE, pc);
    }
    if ((kind & (TOUCH_WRITE | TOUCH_ATOMIC)) == TOUCH_WRITE && !in_stack(address, run.me))
        spin_forget();
    while (address < end) {
        uintptr_t word = address & ~(uintptr_t)7, next = word + 8 < end ? word + 8 : end;
        struct cell *cell = cell_of(address);
        if (!cell) return;
        unsigned first = (unsigned)(address - word), n = (unsigned)(next - address);
        touch_word(cell, word, (uint8_t)(((1u << n) - 1) << first), kind, pc);
        address = next;
    }
}

bool shadow_written(const void *pointer, size_t size) {
    uintptr_t address = (uintptr_t)pointer, word = address & ~(uintptr_t)7;
    const struct cell *cell = cell_of(address);
    uint8_t mask = (uint8_t)(((1u << size) - 1) << (address - word));
    if (!cell || cell->run != location_run) return false;
    for (uint32_t at = cell->first; at; at = touches[at].next)
        if (touches[at].mask & mask && touches[at].kind & TOUCH_WRITE) return true;
    return false;
}

void shadow_forget(const void *pointer, size_t size) {
    uintptr_t address = (uintptr_t)pointer & ~(uintptr_t)7, end = (uintptr_t)pointer + size;
    for (; address < end; address += 8) {
        struct cell *cell = cell_of(address);
        if (!cell || cell->run != location_run) continue;
        location_overwritten(address, 0xFF);
        cell->first = 0;
    }
}

void shadow_leave_frame(uintptr_t low, uintptr_t high, uint64_t pc) {
    if (!(foreign >> run.me & 1)) return;
    const struct clock *known = run_known(run.me);
    for (uintptr_t word = low & ~(uintptr_t)7; word < high; word += 8) {
        struct cell *cell = cell_of(word);
        if (!cell || cell->run != location_run) continue;
        for (uint32_t at = cell->first; at; at = touches[at].next)
            if (!ordered(&touches[at], known)) race(&touches[at], TOUCH_FRAME, pc, word);
        cell->first = 0;
        location_overwritten(word, 0xFF);
    }
}
