/* text.h - text that is put together piece by piece in a buffer that may be too small. */
#ifndef HB_HISTORY_TEXT_H
#define HB_HISTORY_TEXT_H

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

struct text {
    char *buffer;
    size_t bytes; /* of the buffer */
    size_t used;  /* without the NUL; may be more than there was room for */
};

__attribute__((format(printf, 2, 3))) static inline void text_add(struct text *text,
                                                                  const char *format, ...) {
    va_list arguments;
    size_t room = text->used < text->bytes ? text->bytes - text->used : 0;
    va_start(arguments, format);
    int added = vsnprintf(room ? text->buffer + text->used : NULL, room, format, arguments);
    va_end(arguments);
    if (added > 0) text->used += (size_t)added;
}

#endif
