/* edges.c - happens-before edges as Helgrind messages. Source: see edges.h.
 *
 * Invariants:
 *   I1  A message (thread, number) is sent once, by that thread, and never again: what it carries
 *       is fixed.
 *   I2  Of two messages of one thread the later carries all that the earlier does, so a list keeps
 *       one for each thread.
 *   I3  An object's list holds exactly the messages of the release sequences and release fences
 *       that its current value belongs to.
 */
#include "edges.h"

#include <stddef.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <valgrind/helgrind.h>

#include "turns.h"

#define LIST_MESSAGES 12

struct message {
    uint32_t thread; /* 1, 2, ...: a thread's place in the order of first use */
    uint32_t number; /* 1, 2, ... */
};

struct list {
    uint32_t count;
    struct message messages[LIST_MESSAGES];
};

struct object {
    const volatile void *address; /* NULL: free; set once, under the lock */
    struct list list;             /* I3 */
};

/* What a thread carries along; only itself reads or writes it. */
struct self {
    uint32_t thread;      /* 0: this thread has not used an atomic yet */
    uint32_t number;      /* of its latest message */
    struct message fence; /* sent by its latest release fence; number 0: none */
    struct list unread;   /* read without acquire since its latest acquire fence */
};

static bool told;        /* is there anybody to tell? */
static uint32_t busy;    /* 1: a thread is between edges_enter and edges_leave */
static uint32_t threads; /* how many have used an atomic; guarded by busy */
static struct object objects[EDGES_OBJECTS];
static _Thread_local struct self self;

/* --- the lock ------------------------------------------------------------------------------- */

/* Helgrind must neither judge our own memory nor take our lock for an edge. */
__attribute__((constructor(102))) static void hide_ourselves(void) {
    told = RUNNING_ON_VALGRIND;
    VALGRIND_HG_DISABLE_CHECKING(&busy, sizeof busy);
    VALGRIND_HG_DISABLE_CHECKING(&threads, sizeof threads);
    VALGRIND_HG_DISABLE_CHECKING(objects, sizeof objects);
}

void edges_enter(void) {
    turns_give_way();
    while (__atomic_exchange_n(&busy, 1, __ATOMIC_ACQUIRE)) /* [E1] sees the last owner's notes */
        syscall(SYS_sched_yield);
    if (self.thread) return;
    if (threads == EDGES_THREADS) abort();
    VALGRIND_HG_DISABLE_CHECKING(&self, sizeof self); /* a later thread may get the same memory */
    self = (struct self){.thread = ++threads};
}

void edges_leave(void) { __atomic_store_n(&busy, 0, __ATOMIC_RELEASE); /* [E1] our notes */ }

/* --- messages ------------------------------------------------------------------------------- */

/* Not an address: bit 63 is set, and user space ends below it. */
static void *tag_of(struct message message) {
    return (void *)(UINT64_C(1) << 63 | (uint64_t)message.thread << 32 | message.number);
}

static struct message send(void) {
    struct message message = {self.thread, ++self.number};
    ANNOTATE_HAPPENS_BEFORE(tag_of(message));
    return message;
}

static void receive(struct message message) {
    if (message.thread != self.thread) ANNOTATE_HAPPENS_AFTER(tag_of(message));
}

static void receive_all(const struct list *list) {
    for (uint32_t place = 0; place < list->count; place++) receive(list->messages[place]);
}

/* I2: one for each thread. A full list gives its oldest entry to the caller to receive. */
static void add(struct list *list, struct message message) {
    uint32_t place = 0;
    while (place < list->count && list->messages[place].thread != message.thread) place++;
    if (place == LIST_MESSAGES) {
        receive(list->messages[0]);
        for (place = 0; place + 1 < LIST_MESSAGES; place++)
            list->messages[place] = list->messages[place + 1];
        list->count--;
    }
    if (place == list->count)
        list->count++;
    else if (list->messages[place].number > message.number)
        return;
    list->messages[place] = message;
}

/* --- objects -------------------------------------------------------------------------------- */

static size_t first_place(const volatile void *address) {
    uint64_t mixed = (uint64_t)(uintptr_t)address * UINT64_C(0x9E3779B97F4A7C15);
    return (size_t)(mixed >> 32) % EDGES_OBJECTS;
}

/* The object's entry, or the free one where it belongs. Entries are never taken out, so a reader
 * without the lock sees an entry that is there, or one that is being made and does not matter yet. */
static struct object *find(const volatile void *address) {
    size_t place = first_place(address);
    for (size_t seen = 0; seen < EDGES_OBJECTS; seen++) {
        struct object *object = &objects[(place + seen) % EDGES_OBJECTS];
        const volatile void *here = __atomic_load_n(&object->address, __ATOMIC_RELAXED);
        if (here == address || !here) return object;
    }
    abort();
}

static struct object *find_or_make(const volatile void *address) {
    struct object *object = find(address);
    /* relaxed: what the entry says is guarded by the lock */
    __atomic_store_n(&object->address, address, __ATOMIC_RELAXED);
    return object;
}

static bool acquires(int order) { return order != __ATOMIC_RELAXED && order != __ATOMIC_RELEASE; }

static bool releases(int order) { return order >= __ATOMIC_RELEASE; }

static void take(const struct object *object, int order) {
    if (acquires(order)) {
        receive_all(&object->list);
        return;
    }
    for (uint32_t place = 0; place < object->list.count; place++)
        add(&self.unread, object->list.messages[place]);
}

void edges_load(const volatile void *address, int order) {
    if (!told) return;
    const struct object *object = find(address);
    if (object->address) take(object, order);
}

/* Of the sequences that led here only those go on that this thread heads. */
static void keep_own(struct list *list) {
    uint32_t kept = 0;
    for (uint32_t place = 0; place < list->count; place++)
        if (list->messages[place].thread == self.thread)
            list->messages[kept++] = list->messages[place];
    list->count = kept;
}

/* What a write adds: its own release, or that of the thread's latest release fence. */
static void give(struct object *object, int order) {
    if (releases(order))
        add(&object->list, send());
    else if (self.fence.number)
        add(&object->list, self.fence);
}

void edges_store(const volatile void *address, int order) {
    if (!told) return;
    struct object *object = find_or_make(address);
    keep_own(&object->list);
    give(object, order);
}

void edges_update(const volatile void *address, int order) {
    if (!told) return;
    struct object *object = find_or_make(address);
    take(object, order);
    give(object, order);
}

void edges_fence(int order) {
    if (!told) return;
    if (acquires(order)) {
        receive_all(&self.unread);
        self.unread.count = 0;
    }
    if (releases(order)) self.fence = send();
}

void edges_plain_write(const volatile void *address) {
    if (!told || !find(address)->address) return;
    edges_enter();
    find(address)->list.count = 0;
    edges_leave();
}
