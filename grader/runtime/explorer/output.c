/* output.c - what the program prints in one execution. */
#include "output.h"

#include <stdio.h>
#include <string.h>

#include "config.h"

enum { ROOM = 64 * 1024 };

static char text[ROOM];
static size_t length;

void output_begin(void) { length = 0; }

void output_add(const void *bytes, size_t n) {
    if (n > ROOM - length) n = ROOM - length;
    memcpy(text + length, bytes, n);
    length += n;
}

void output_end(void) {
    if (!options.print || length == 0) return;
    fwrite(text, 1, length, stdout);
    fflush(stdout);
}

const char *output_text(size_t *n) {
    *n = length;
    return text;
}
