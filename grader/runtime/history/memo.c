/* memo.c - the configurations of one check, in an open-addressing table that grows as needed.
 *
 * `entries` and `bytes` fill up from the front; `slots` finds an entry by its hash. The table begins
 * with few slots, so that a short history touches a few cache lines only.
 */
#include "memo.h"

#include <string.h>

#include "hash.h"

enum {
    FIRST_SLOTS = 64,
    MOST_SLOTS = 1 << 17,
    MOST_ENTRIES = MOST_SLOTS / 2, /* doubling from FIRST_SLOTS ends at MOST_SLOTS exactly */
    STATE_BYTES = 4 << 20,
};

struct entry {
    uint64_t done, hash;
    uint32_t state, bytes; /* state: its offset in `states` */
};

static struct {
    uint32_t slots, count, used; /* slots: a power of two */
    uint32_t slot[MOST_SLOTS];   /* 0: free; else the number of an entry, from 1 */
    struct entry entries[MOST_ENTRIES];
    unsigned char states[STATE_BYTES];
} memo = {.slots = FIRST_SLOTS};

void history_memo_clear(void) {
    memset(memo.slot, 0, memo.slots * sizeof memo.slot[0]);
    memo.slots = FIRST_SLOTS;
    memo.count = memo.used = 0;
}

/* The slots beyond those in use are zero: history_memo_clear and grow leave them so. */
static void grow(void) {
    memset(memo.slot, 0, memo.slots * sizeof memo.slot[0]);
    memo.slots *= 2;
    for (uint32_t number = 1; number <= memo.count; number++) {
        uint32_t at = (uint32_t)memo.entries[number - 1].hash & (memo.slots - 1);
        while (memo.slot[at]) at = (at + 1) & (memo.slots - 1);
        memo.slot[at] = number;
    }
}

static bool is_entry(const struct entry *entry, uint64_t hash, uint64_t done, const void *state,
                     size_t bytes) {
    return entry->hash == hash && entry->done == done && entry->bytes == bytes &&
           !memcmp(memo.states + entry->state, state, bytes);
}

bool history_memo_enter(uint64_t done, const void *state, size_t bytes) {
    uint64_t hash = hash_bytes(hash_mix(done, bytes), state, bytes);
    uint32_t at = (uint32_t)hash & (memo.slots - 1);
    for (; memo.slot[at]; at = (at + 1) & (memo.slots - 1))
        if (is_entry(&memo.entries[memo.slot[at] - 1], hash, done, state, bytes)) return false;
    if (memo.count == MOST_ENTRIES || memo.used + bytes > STATE_BYTES) return true;
    memo.entries[memo.count++] = (struct entry){done, hash, memo.used, (uint32_t)bytes};
    memo.slot[at] = memo.count;
    memcpy(memo.states + memo.used, state, bytes);
    memo.used += (uint32_t)bytes;
    if (memo.count == memo.slots / 2 && memo.slots < MOST_SLOTS) grow();
    return true;
}
