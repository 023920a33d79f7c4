/* system/panic.c - panic.h: one line on standard error, then abort. */
#include "panic.h"

#include <stdio.h>
#include <stdlib.h>

_Noreturn void panic(const char *function, const char *rule) {
    fprintf(stderr, "%s: %s\n", function, rule);
    abort();
}
