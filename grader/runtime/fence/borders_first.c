/* borders_first.c - linked in front of a unit's objects: where what is theirs begins (fence.h). */
__asm__(".text\n.globl fence_text_first\nfence_text_first:\n"
        ".data\n.globl fence_data_first\nfence_data_first:\n"
        ".bss\n.globl fence_bss_first\nfence_bss_first:\n"
        ".section .data.rel.ro,\"aw\"\n.globl fence_relro_first\nfence_relro_first:\n"
        ".section .tdata,\"awT\",@progbits\n.globl fence_tdata_first\n"
        ".type fence_tdata_first, @object\nfence_tdata_first:\n"
        ".section .tbss,\"awT\",@nobits\n.globl fence_tbss_first\n"
        ".type fence_tbss_first, @object\nfence_tbss_first:\n"
        ".text\n");
