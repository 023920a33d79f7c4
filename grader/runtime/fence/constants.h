/* constants.h - where a program's constants lie, by its own headers; for all judges. */
#ifndef HB_FENCE_CONSTANTS_H
#define HB_FENCE_CONSTANTS_H

#include <link.h>
#include <stddef.h>
#include <stdint.h>

struct constants {
    uintptr_t first, end;
};

/* Where the tables of relocations end, the last of the linker's: they tell where the judge's own
 * functions and variables are. The C library may have made addresses of the offsets already. */
static inline uintptr_t constants_tables_end(const struct dl_phdr_info *info,
                                             const ElfW(Phdr) * dynamic) {
    uintptr_t table[2] = {0, 0}, bytes[2] = {0, 0};
    const ElfW(Dyn) *entry = (const void *)(info->dlpi_addr + dynamic->p_vaddr);
    for (; entry->d_tag != DT_NULL; entry++) {
        if (entry->d_tag == DT_RELA) table[0] = entry->d_un.d_ptr;
        if (entry->d_tag == DT_RELASZ) bytes[0] = entry->d_un.d_val;
        if (entry->d_tag == DT_JMPREL) table[1] = entry->d_un.d_ptr;
        if (entry->d_tag == DT_PLTRELSZ) bytes[1] = entry->d_un.d_val;
    }
    uintptr_t last = 0;
    for (int which = 0; which < 2; which++) {
        if (table[which] < info->dlpi_addr) table[which] += info->dlpi_addr;
        if (table[which] + bytes[which] > last) last = table[which] + bytes[which];
    }
    return last;
}

/* The segment that may only be read, without the headers and the linker's tables at its beginning
 * (lld's layout; GNU ld has a segment for those). */
static inline struct constants constants_of(const struct dl_phdr_info *info) {
    struct constants found = {0, 0};
    uintptr_t tables_end = 0;
    for (int part = 0; part < info->dlpi_phnum; part++) {
        const ElfW(Phdr) *header = &info->dlpi_phdr[part];
        uintptr_t first = info->dlpi_addr + header->p_vaddr;
        if (header->p_type == PT_DYNAMIC) tables_end = constants_tables_end(info, header);
        if (header->p_type == PT_LOAD && header->p_flags == PF_R)
            found = (struct constants){first, first + header->p_memsz};
    }
    if (tables_end > found.first && tables_end <= found.end) found.first = tables_end;
    return found;
}

#endif
