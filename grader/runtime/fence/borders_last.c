/* borders_last.c - linked behind a unit's objects: what follows is the judge's (fence.h). */
__asm__(".text\n.globl fence_text_last\nfence_text_last:\n"
        ".data\n.globl fence_data_last\nfence_data_last:\n"
        ".bss\n.globl fence_bss_last\nfence_bss_last:\n"
        ".section .data.rel.ro,\"aw\"\n.globl fence_relro_last\nfence_relro_last:\n"
        ".section .tdata,\"awT\",@progbits\n.globl fence_tdata_last\n"
        ".type fence_tdata_last, @object\nfence_tdata_last:\n"
        ".section .tbss,\"awT\",@nobits\n.globl fence_tbss_last\n"
        ".type fence_tbss_last, @object\nfence_tbss_last:\n"
        ".text\n");
