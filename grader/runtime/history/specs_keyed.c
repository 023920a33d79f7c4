/* specs_keyed.c - set and map: one independent cell for each key. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "history.h"

struct pair {
    int64_t key, value;
};

struct table {
    int64_t count;
    struct pair pairs[HISTORY_MAX_OPS]; /* by ascending key */
};
_Static_assert(sizeof(struct table) <= HISTORY_STATE_BYTES, "a state");

static void table_init(void *state, int64_t parameter) {
    (void)parameter;
    ((struct table *)state)->count = 0;
}

static size_t table_used(const void *state) {
    const struct table *table = state;
    return offsetof(struct table, pairs) + (size_t)table->count * sizeof(struct pair);
}

static bool key_of(const struct history_op *op, int64_t *key) {
    *key = op->arguments[0];
    return true;
}

/* Where the key is, or would be. */
static int64_t place_of(const struct table *table, int64_t key) {
    int64_t place = 0;
    while (place < table->count && table->pairs[place].key < key) place++;
    return place;
}

static bool has(const struct table *table, int64_t place, int64_t key) {
    return place < table->count && table->pairs[place].key == key;
}

static void write(struct table *table, int64_t place, struct pair pair) {
    if (!has(table, place, pair.key)) {
        memmove(table->pairs + place + 1, table->pairs + place,
                (size_t)(table->count - place) * sizeof pair);
        table->count++;
    }
    table->pairs[place] = pair;
}

static void erase(struct table *table, int64_t place) {
    table->count--;
    memmove(table->pairs + place, table->pairs + place + 1,
            (size_t)(table->count - place) * sizeof(struct pair));
}

enum { ADD, REMOVE, CONTAINS };

static bool set_apply(void *state, const struct history_op *op) {
    struct table *table = state;
    int64_t key = op->arguments[0], place = place_of(table, key);
    bool there = has(table, place, key);
    switch (op->code) {
    case ADD:
        if (!there) write(table, place, (struct pair){key, 1});
        return history_gives(op, !there);
    case REMOVE:
        if (there) erase(table, place);
        return history_gives(op, there);
    case CONTAINS: return history_gives(op, there);
    default: return false;
    }
}

/* Add one entry to a list in braces. */
static size_t add_entry(char *text, size_t bytes, size_t used, const struct pair *pair, bool map,
                        bool first) {
    char *to = used < bytes ? text + used : NULL;
    size_t room = used < bytes ? bytes - used : 0;
    const char *comma = first ? "" : ", ";
    if (map)
        return (size_t)snprintf(to, room, "%s%" PRId64 ": %" PRId64, comma, pair->key, pair->value);
    return (size_t)snprintf(to, room, "%s%" PRId64, comma, pair->key);
}

static int table_print(const struct table *table, char *text, size_t bytes, bool map) {
    if (!table->count) return snprintf(text, bytes, "it is empty");
    size_t used = (size_t)snprintf(text, bytes, "it holds {");
    for (int64_t place = 0; place < table->count; place++)
        used += add_entry(text, bytes, used, &table->pairs[place], map, !place);
    if (used + 1 < bytes) text[used] = '}', text[used + 1] = '\0';
    return (int)used + 1;
}

static int set_print(const void *state, char *text, size_t bytes) {
    return table_print(state, text, bytes, false);
}

const struct history_spec history_set = {
    .name = "set",
    .operations = (const char *const[]){"add", "remove", "contains", NULL},
    .state_bytes = sizeof(struct table),
    .init = table_init,
    .apply = set_apply,
    .used_bytes = table_used,
    .key = key_of,
    .print = set_print,
};

enum { PUT, GET, MAP_REMOVE, INSERT, SET, MAP_CONTAINS };

static bool map_apply(void *state, const struct history_op *op) {
    struct table *table = state;
    struct pair pair = {op->arguments[0], op->arguments[1]};
    int64_t place = place_of(table, pair.key);
    bool there = has(table, place, pair.key);
    int64_t old = there ? table->pairs[place].value : HISTORY_NONE;
    switch (op->code) {
    case PUT: write(table, place, pair); return history_gives(op, old);
    case SET: write(table, place, pair); return true;
    case GET: return history_gives(op, old);
    case MAP_REMOVE:
        if (there) erase(table, place);
        return history_gives(op, old);
    case INSERT:
        if (!there) write(table, place, pair);
        return history_gives(op, !there);
    case MAP_CONTAINS: return history_gives(op, there);
    default: return false;
    }
}

static int map_print(const void *state, char *text, size_t bytes) {
    return table_print(state, text, bytes, true);
}

const struct history_spec history_map = {
    .name = "map",
    .operations = (const char *const[]){"put", "get", "remove", "insert", "set", "contains", NULL},
    .state_bytes = sizeof(struct table),
    .init = table_init,
    .apply = map_apply,
    .used_bytes = table_used,
    .key = key_of,
    .print = map_print,
};
