/* json.h - writing JSON, one value at a time. */
#ifndef HBX_JSON_H
#define HBX_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct stack;

/* A string, or null. Bytes above 0x7E are written as \u00XX. */
void json_string(FILE *out, const char *text);
void json_text(FILE *out, const char *text, size_t n);

/* "0x1f", or null for 0 if `or_null`. */
void json_hex(FILE *out, unsigned __int128 value, bool or_null);

/* ["0x...", ...] */
void json_stack(FILE *out, const struct stack *stack);

#endif
