/* outcome.c - what executions came to: a hash table of strings, in memory that workers share. */
#include "outcome.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fault.h"
#include "include/outcome.h"
#include "shared.h"

enum { LENGTH = 1000, MAX_OUTCOMES = SHARED_OUTCOMES };

static char said[LENGTH];
static size_t length;

void outcome_begin(void) { length = 0; }

__attribute__((visibility("default"))) void outcome(const char *format, ...) {
    va_list rest;
    va_start(rest, format);
    if (length > 0 && length < LENGTH - 1) said[length++] = ' ';
    int n = vsnprintf(said + length, LENGTH - length, format, rest);
    if (n > 0) length += (size_t)n < LENGTH - length ? (size_t)n : LENGTH - length - 1;
    va_end(rest);
}

static uint64_t hash_of(const char *text, size_t n) {
    uint64_t h = 14695981039346656037u;
    for (size_t i = 0; i < n; i++) h = (h ^ (uint8_t)text[i]) * 1099511628211u;
    return h;
}

void outcome_count(void) {
    if (length == 0) return;
    said[length] = 0;
    shared_lock();
    uint64_t slot = hash_of(said, length) % MAX_OUTCOMES;
    for (int tries = 0; tries < MAX_OUTCOMES; tries++, slot = (slot + 1) % MAX_OUTCOMES) {
        struct shared_outcome *o = &shared->outcomes[slot];
        if (o->executions == 0) memcpy(o->state, said, length + 1);
        if (strcmp(o->state, said) != 0) continue;
        o->executions++;
        shared_unlock();
        return;
    }
    shared->outcomes_lost++;
    shared_unlock();
}

void outcome_forget(void) {
    memset(shared->outcomes, 0, sizeof shared->outcomes);
    shared->outcomes_lost = 0;
}

static int compare(const void *a, const void *b) {
    const struct shared_outcome *x = *(const struct shared_outcome *const *)a;
    const struct shared_outcome *y = *(const struct shared_outcome *const *)b;
    return strcmp(x->state, y->state);
}

void outcome_each(void (*visit)(const char *state, uint64_t executions, void *context),
                  void *context) {
    static const struct shared_outcome *sorted[MAX_OUTCOMES];
    int n = 0;
    for (int i = 0; i < MAX_OUTCOMES; i++)
        if (shared->outcomes[i].executions) sorted[n++] = &shared->outcomes[i];
    qsort(sorted, (size_t)n, sizeof *sorted, compare);
    for (int i = 0; i < n; i++) visit(sorted[i]->state, sorted[i]->executions, context);
}
