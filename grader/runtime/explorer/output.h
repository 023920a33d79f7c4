/* output.h - what the program prints in one execution. */
#ifndef HBX_OUTPUT_H
#define HBX_OUTPUT_H

#include <stddef.h>

/* A new run. */
void output_begin(void);

/* Keep these bytes; beyond 64 KiB an execution's output is cut. */
void output_add(const void *bytes, size_t n);

/* The run is over: pass it on, if asked for (--print). */
void output_end(void);

/* The text so far; *n is its length. */
const char *output_text(size_t *n);

#endif
