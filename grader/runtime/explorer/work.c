/* work.c - the exploration's tree, walked depth first.
 *
 * A backward revisit makes a new graph of its own (a level); everything that is done there is undone
 * by going back to the graph below it. So memory is the depth of revisits, never the number of
 * executions.
 */
#include "work.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "coherence.h"
#include "fault.h"
#include "revisit.h"

enum { MAX_LEVELS = 4096, MAX_WORK = 1 << 20 };

static struct graph *level_graph[MAX_LEVELS];
static int level_base[MAX_LEVELS]; /* the level's first item */
static int level;
static struct work stack[MAX_WORK];
static int n_items;

/* Address space only: a page costs memory once an event is put there. */
static struct graph *graph_of_level(int l) {
    if (!level_graph[l]) {
        void *p = mmap(NULL, sizeof(struct graph), PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (p == MAP_FAILED) fault_internal("no memory for another execution graph");
        level_graph[l] = p;
    }
    return level_graph[l];
}

void work_clear(void) {
    level = n_items = 0;
    level_base[0] = 0;
    graph_clear(graph_of_level(0));
}

struct graph *work_graph(void) {
    return level_graph[level];
}

void work_push(struct work item) {
    if (n_items == MAX_WORK) fault_internal("more than a million choices are open");
    stack[n_items++] = item;
}

void rmw_append_write(struct graph *g, int read) {
    const struct event *r = &g->ev[read];
    struct event w;
    memcpy(&w, r, EVENT_HEAD);
    w.kind = EV_RMW_W;
    w.guard = GUARD_NONE;
    w.joined = true;
    w.wval = rmw_result(r);
    event_set_clocks(g, graph_append(g, &w));
}

static bool start_level(const struct work *item) {
    if (level + 1 == MAX_LEVELS) fault_internal("backward revisits are nested too deeply");
    const struct graph *from = level_graph[level];
    struct graph *to = graph_of_level(level + 1);
    if (!revisit_make(to, from, item->event, item->a, item->b)) return false;
    level++;
    level_base[level] = n_items;
    return true;
}

static bool take(const struct work *item) {
    struct graph *g = level_graph[level];
    graph_cut(g, item->event);
    switch ((enum work_kind)item->kind) {
    case WORK_READ: return revisit_set_store(g, item->event, item->a);
    case WORK_PLACE: return revisit_move_store(g, item->event, item->a);
    case WORK_VALUE:
        g->ev[item->event].rf = item->a;
        event_set_clocks(g, item->event);
        return true;
    case WORK_REVISIT: return start_level(item);
    }
    return false;
}

bool work_next(void) {
    for (;;) {
        while (n_items == level_base[level]) {
            if (level == 0) return false;
            level--;
        }
        struct work item = stack[--n_items];
        if (take(&item)) return true;
    }
}

struct graph *work_spare_graph(void) {
    return graph_of_level(MAX_LEVELS - 1);
}

int work_open(void) { return n_items; }

void work_halve(bool odd) {
    int kept = 0, item = 0;
    for (int l = 0; l <= level; l++) {
        int end = l == level ? n_items : level_base[l + 1];
        level_base[l] = kept;
        for (; item < end; item++)
            if ((item & 1) == !odd) stack[kept++] = stack[item];
    }
    n_items = kept;
}
