/* json.c - writing JSON, one value at a time. */
#include "json.h"

#include <inttypes.h>
#include <string.h>

#include "trace.h"

void json_text(FILE *out, const char *text, size_t n) {
    fputc('"', out);
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c == '"' || c == '\\')
            fprintf(out, "\\%c", c);
        else if (c < 0x20 || c >= 0x7F)
            fprintf(out, "\\u%04x", c);
        else
            fputc(c, out);
    }
    fputc('"', out);
}

void json_string(FILE *out, const char *text) {
    if (text)
        json_text(out, text, strlen(text));
    else
        fputs("null", out);
}

void json_hex(FILE *out, unsigned __int128 value, bool or_null) {
    uint64_t high = (uint64_t)(value >> 64), low = (uint64_t)value;
    if (value == 0 && or_null)
        fputs("null", out);
    else if (high)
        fprintf(out, "\"0x%" PRIx64 "%016" PRIx64 "\"", high, low);
    else
        fprintf(out, "\"0x%" PRIx64 "\"", low);
}

void json_stack(FILE *out, const struct stack *stack) {
    fputc('[', out);
    for (int i = 0; i < stack->n; i++)
        fprintf(out, "%s\"0x%" PRIx32 "\"", i ? ", " : "", stack->pc[i]);
    fputc(']', out);
}
