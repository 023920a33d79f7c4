/* memory.c - may this memory be touched? What is plainly the unit's is looked at first. */
#include <errno.h>
#include <link.h>

#include "channel.h"
#include "constants.h"
#include "fence.h"
#include "lab.h"

#define LIBRARIES 64

struct range {
    uintptr_t first, end;
};

/* Immutable once main() runs. */
static struct range program, closed[LIBRARIES];
static struct constants constants;
static size_t closed_count;

static bool within(struct range inner, uintptr_t first, uintptr_t end) {
    return inner.first >= first && inner.end <= end;
}

static bool overlap(struct range one, struct range other) {
    return one.first < other.end && other.first < one.end;
}

/* --- what there is --------------------------------------------------------------------------- */

static struct range extent_of(const struct dl_phdr_info *info) {
    struct range all = {UINTPTR_MAX, 0};
    for (int part = 0; part < info->dlpi_phnum; part++) {
        const ElfW(Phdr) *header = &info->dlpi_phdr[part];
        if (header->p_type != PT_LOAD) continue;
        uintptr_t first = info->dlpi_addr + header->p_vaddr, end = first + header->p_memsz;
        if (first < all.first) all.first = first;
        if (end > all.end) all.end = end;
    }
    return all;
}

void fence_keep_out(const void *first, size_t bytes) {
    if (closed_count < LIBRARIES)
        closed[closed_count++] = (struct range){(uintptr_t)first, (uintptr_t)first + bytes};
}

/* The program comes first; every other object is a library. */
static int look_at_object(struct dl_phdr_info *info, size_t size, void *unused) {
    struct range extent = extent_of(info);
    (void)size, (void)unused;
    if (program.end) {
        fence_keep_out((void *)extent.first, extent.end - extent.first);
        return 0;
    }
    program = extent;
    constants = constants_of(info);
    return 0;
}

__attribute__((constructor(101))) static void look_around(void) {
    dl_iterate_phdr(look_at_object, NULL);
}

bool fence_is_code(const void *address) {
    struct range byte = {(uintptr_t)address, (uintptr_t)address + 1};
    bool found = overlap(byte, program);
    for (size_t at = 0; at < closed_count; at++) found |= overlap(byte, closed[at]);
    return found;
}

/* --- one access ------------------------------------------------------------------------------ */

static bool is_units(struct range touched) {
    return within(touched, (uintptr_t)fence_data_first, (uintptr_t)fence_data_last) ||
           within(touched, (uintptr_t)fence_bss_first, (uintptr_t)fence_bss_last) ||
           within(touched, (uintptr_t)&errno, (uintptr_t)(&errno + 1));
}

static bool may_be_read(struct range touched) {
    return within(touched, constants.first, constants.end) ||
           within(touched, (uintptr_t)fence_relro_first, (uintptr_t)fence_relro_last);
}

/* Whose it is; NULL: it may be touched, or is nobody's, and then the processor says so. */
static const char *owner_of(struct range touched, bool write) {
    if (is_units(touched)) return NULL;
    if (overlap(touched, program))
        return !write && may_be_read(touched) ? NULL : "of the judge's own part of the program";
    for (size_t at = 0; at < closed_count; at++)
        if (overlap(touched, closed[at])) return "of a library, or of the judge";
    if (fence_is_judges_stack(touched.first, touched.end))
        return "of the judge's frames on the stack";
    return NULL;
}

_Thread_local uint32_t fence_accesses_in_a_row;

void fence_look(const void *address, size_t bytes, bool write, void *const *frame) {
    struct range touched = {(uintptr_t)address, (uintptr_t)address + bytes};
    if (fence_is_endless(++fence_accesses_in_a_row, LAB_ENDLESS_ACCESSES)) fence_endless(frame);
    if (!bytes || touched.end < touched.first) return;
    const char *owner = owner_of(touched, write);
    if (!owner) return;
    char digits[21], deed[128], *end = deed;
    const char *const pieces[] = {write ? "writes " : "reads ", number_text(digits, bytes),
                                  " bytes ", owner};
    for (size_t piece = 0; piece < sizeof pieces / sizeof *pieces; piece++)
        for (const char *text = pieces[piece]; *text; text++) *end++ = *text;
    *end = '\0';
    fence_fault(frame, deed, FENCE_MEMORY);
}
