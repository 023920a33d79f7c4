/* digest.c - which histories have been judged already.
 *
 * An exploration meets the same history again and again: the schedules differ, the answers do not.
 * Only linearizable ones are remembered; the first other one ends the exploration.
 */
#include "hash.h"
#include "history.h"

enum { REMEMBERED = 1 << 14 };

static struct history_digest remembered[REMEMBERED]; /* each in the one place that its bits say */

/* Two chains of their own. A factor of zero would forget all that came before it: only one odd word in
 * 2^64 makes one, another for each chain. */
static void add(struct history_digest *digest, uint64_t word) {
    digest->half[0] = hash_mix(digest->half[0], word);
    digest->half[1] = hash_mix(digest->half[1] + hash_odd_1, word ^ hash_odd_2);
}

static void add_name(struct history_digest *digest, const char *name) {
    uint64_t word = 0;
    for (size_t at = 0; name[at]; at++) {
        word = word << 8 | (unsigned char)name[at];
        if (at % 8 == 7) add(digest, word), word = 0;
    }
    add(digest, word);
}

struct history_digest history_digest(const struct history_op *ops, int n,
                                     const struct history_precedence *precedence,
                                     const struct history_spec *spec) {
    struct history_digest digest = {{(uint64_t)n, (uint64_t)n}};
    add(&digest, (uint64_t)spec->parameter);
    add(&digest, (uint64_t)(uintptr_t)spec->apply);
    for (const struct history_op *op = ops; op < ops + n; op++) {
        add_name(&digest, op->name);
        add(&digest, (uint64_t)op->thread << 8 | (uint64_t)op->count << 1 | op->returned);
        for (int argument = 0; argument < op->count; argument++)
            add(&digest, (uint64_t)op->arguments[argument]);
        if (op->returned) add(&digest, (uint64_t)op->result);
        add(&digest, precedence->before[op - ops]);
    }
    return digest;
}

bool history_linearizable_cached(const struct history_op *ops, int n,
                                 const struct history_precedence *precedence,
                                 const struct history_spec *spec, struct history_verdict *verdict) {
    if (n < 0 || n > HISTORY_MAX_OPS) /* which panics */
        return history_linearizable(ops, n, precedence, spec, verdict);
    struct history_digest digest = history_digest(ops, n, precedence, spec);
    struct history_digest *place = &remembered[digest.half[0] % REMEMBERED];
    if (place->half[0] == digest.half[0] && place->half[1] == digest.half[1]) {
        *verdict = (struct history_verdict){.answer = HISTORY_LINEARIZABLE, .unknown = -1};
        return true;
    }
    if (!history_linearizable(ops, n, precedence, spec, verdict)) return false;
    *place = digest;
    return true;
}
