/* libc.c - the functions of libc that a program under test may call, and that are not its own
 * business alone: memory, output, the end of the program, random numbers.
 *
 * Source: ISO/IEC 9899:2018, 7.20 to 7.22; POSIX.1-2017.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fault.h"
#include "heap.h"
#include "location.h"
#include "output.h"
#include "run.h"
#include "shadow.h"
#include "threads.h"

#define API __attribute__((visibility("default")))
#define PC  ((uint64_t)__builtin_return_address(0))

/* --- memory ---------------------------------------------------------------------------------- */

API void *__wrap_malloc(size_t size);
API void *__wrap_calloc(size_t n, size_t size);
API void *__wrap_realloc(void *block, size_t size);
API void *__wrap_aligned_alloc(size_t align, size_t size);
API void *__wrap_memalign(size_t align, size_t size);
API int __wrap_posix_memalign(void **block, size_t align, size_t size);
API void __wrap_free(void *block);
API char *__wrap_strdup(const char *text);
API char *__wrap_strndup(const char *text, size_t n);

static void *allocate(size_t size, size_t align, bool zero, uint64_t pc) {
    void *block = heap_allocate(size, align, zero, pc);
    if (!block) errno = ENOMEM;
    return block;
}

void *__wrap_malloc(size_t size) { return allocate(size, 16, false, PC); }

void *__wrap_calloc(size_t n, size_t size) {
    size_t all;
    if (__builtin_mul_overflow(n, size, &all)) return errno = ENOMEM, NULL;
    return allocate(all, 16, true, PC);
}

static void release(void *block, uint64_t pc) {
    if (block) heap_free(block, pc);
}

void *__wrap_realloc(void *block, size_t size) {
    uint64_t pc = PC;
    if (!block) return allocate(size, 16, false, pc);
    size_t before = heap_size(block, pc);
    void *moved = allocate(size, 16, false, pc);
    if (!moved) return NULL;
    memcpy(moved, block, before < size ? before : size);
    release(block, pc);
    return moved;
}

static bool power_of_two(size_t n) { return n != 0 && (n & (n - 1)) == 0; }

void *__wrap_aligned_alloc(size_t align, size_t size) {
    if (!power_of_two(align)) return errno = EINVAL, NULL;
    return allocate(size, align, false, PC);
}

void *__wrap_memalign(size_t align, size_t size) {
    if (!power_of_two(align)) return errno = EINVAL, NULL;
    return allocate(size, align, false, PC);
}

int __wrap_posix_memalign(void **block, size_t align, size_t size) {
    if (!power_of_two(align) || align % sizeof(void *)) return EINVAL;
    void *made = heap_allocate(size, align, false, PC);
    if (!made) return ENOMEM;
    *block = made;
    return 0;
}

void __wrap_free(void *block) { release(block, PC); }

static char *copy_text(const char *text, size_t n, uint64_t pc) {
    char *copy = allocate(n + 1, 16, false, pc);
    if (!copy) return NULL;
    memcpy(copy, text, n);
    copy[n] = 0;
    return copy;
}

char *__wrap_strdup(const char *text) { return copy_text(text, strlen(text), PC); }
char *__wrap_strndup(const char *text, size_t n) { return copy_text(text, strnlen(text, n), PC); }

/* --- the end --------------------------------------------------------------------------------- */

API _Noreturn void __wrap___assert_fail(const char *condition, const char *file, unsigned line,
                                        const char *function);
API _Noreturn void __wrap_abort(void);
API _Noreturn void __wrap___stack_chk_fail(void);
API _Noreturn void explorer_not_modelled(const char *name);

_Noreturn void __wrap___assert_fail(const char *condition, const char *file, unsigned line,
                                    const char *function) {
    (void)file, (void)line, (void)function;
    fault_raise(FAULT_ASSERTION, PC, "assertion failed: %s", condition);
}

_Noreturn void __wrap_abort(void) { fault_raise(FAULT_CRASH, PC, "abort() was called"); }

_Noreturn void __wrap___stack_chk_fail(void) {
    fault_raise(FAULT_CRASH, PC, "a function wrote beyond its local variables");
}

_Noreturn void explorer_not_modelled(const char *name) {
    /* This frame's caller is a stub in the program; the one that called the stub is meant. */
    const uint64_t *const *frame = __builtin_frame_address(0);
    fault_raise(FAULT_NOT_MODELLED, frame[0][1], "not modelled: %s()", name);
}

/* --- random numbers: the same in each execution ------------------------------------------------ */

API int __wrap_rand(void);
API void __wrap_srand(unsigned seed);
API long __wrap_random(void);
API void __wrap_srandom(unsigned seed);

/* Source: the example in ISO/IEC 9899:2018, 7.22.2.2. Each thread has its own sequence: what it
 * draws must not hang on the schedule. */
static unsigned *sequence(void) {
    static unsigned next[MAX_THREADS];
    static uint32_t runs[MAX_THREADS];
    if (runs[run.me] != location_run) {
        runs[run.me] = location_run;
        next[run.me] = 1 + (unsigned)run.me;
    }
    return &next[run.me];
}

static int draw(void) {
    unsigned *next = sequence();
    *next = *next * 1103515245u + 12345u;
    return (int)((*next >> 16) & 0x7FFF);
}

int __wrap_rand(void) { return draw(); }
void __wrap_srand(unsigned seed) { *sequence() = seed; }
long __wrap_random(void) { return (long)draw() << 15 | draw(); }
void __wrap_srandom(unsigned seed) { *sequence() = seed; }

/* --- output ---------------------------------------------------------------------------------- */

API int __wrap_printf(const char *format, ...) __attribute__((format(printf, 1, 2)));
API int __wrap_vprintf(const char *format, va_list rest);
API int __wrap_fprintf(FILE *file, const char *format, ...) __attribute__((format(printf, 2, 3)));
API int __wrap_vfprintf(FILE *file, const char *format, va_list rest);
API int __wrap_dprintf(int fd, const char *format, ...) __attribute__((format(printf, 2, 3)));
API int __wrap_puts(const char *text);
API int __wrap_fputs(const char *text, FILE *file);
API int __wrap_putchar(int c);
API int __wrap_fputc(int c, FILE *file);
API int __wrap_putc(int c, FILE *file);
API size_t __wrap_fwrite(const void *from, size_t size, size_t n, FILE *file);
API int __wrap_fflush(FILE *file);
API void __wrap_perror(const char *text);
API ssize_t __wrap_write(int fd, const void *from, size_t n);
API int __wrap_setvbuf(FILE *file, char *buffer, int mode, size_t size);

static void must_be_standard(FILE *file, const char *name, uint64_t pc) {
    if (file != stdout && file != stderr)
        fault_raise(FAULT_NOT_MODELLED, pc, "not modelled: %s() to a file", name);
}

static int print(const char *format, va_list rest) {
    char text[4096];
    int n = vsnprintf(text, sizeof text, format, rest);
    if (n > 0) output_add(text, (size_t)n < sizeof text ? (size_t)n : sizeof text - 1);
    return n;
}

int __wrap_printf(const char *format, ...) {
    va_list rest;
    va_start(rest, format);
    int n = print(format, rest);
    va_end(rest);
    return n;
}
int __wrap_vprintf(const char *format, va_list rest) { return print(format, rest); }
int __wrap_fprintf(FILE *file, const char *format, ...) {
    va_list rest;
    must_be_standard(file, "fprintf", PC);
    va_start(rest, format);
    int n = print(format, rest);
    va_end(rest);
    return n;
}
int __wrap_vfprintf(FILE *file, const char *format, va_list rest) {
    must_be_standard(file, "vfprintf", PC);
    return print(format, rest);
}
int __wrap_dprintf(int fd, const char *format, ...) {
    va_list rest;
    if (fd != 1 && fd != 2)
        fault_raise(FAULT_NOT_MODELLED, PC, "not modelled: dprintf() to a file");
    va_start(rest, format);
    int n = print(format, rest);
    va_end(rest);
    return n;
}
int __wrap_puts(const char *text) {
    output_add(text, strlen(text));
    output_add("\n", 1);
    return 1;
}
int __wrap_fputs(const char *text, FILE *file) {
    must_be_standard(file, "fputs", PC);
    output_add(text, strlen(text));
    return 1;
}
static int put(int c) {
    char byte = (char)c;
    output_add(&byte, 1);
    return (unsigned char)byte;
}
int __wrap_putchar(int c) { return put(c); }
int __wrap_fputc(int c, FILE *file) {
    must_be_standard(file, "fputc", PC);
    return put(c);
}
int __wrap_putc(int c, FILE *file) {
    must_be_standard(file, "putc", PC);
    return put(c);
}
size_t __wrap_fwrite(const void *from, size_t size, size_t n, FILE *file) {
    must_be_standard(file, "fwrite", PC);
    output_add(from, size * n);
    return n;
}
int __wrap_fflush(FILE *file) {
    (void)file;
    return 0;
}
void __wrap_perror(const char *text) {
    const char *message = strerror(errno);
    output_add(text, strlen(text));
    output_add(": ", 2);
    output_add(message, strlen(message));
    output_add("\n", 1);
}
ssize_t __wrap_write(int fd, const void *from, size_t n) {
    if (fd != 1 && fd != 2) fault_raise(FAULT_NOT_MODELLED, PC, "not modelled: write() to a file");
    output_add(from, n);
    return (ssize_t)n;
}
int __wrap_setvbuf(FILE *file, char *buffer, int mode, size_t size) {
    (void)file, (void)buffer, (void)mode, (void)size;
    return 0;
}
