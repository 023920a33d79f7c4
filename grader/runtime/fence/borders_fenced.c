/* borders_fenced.c - linked behind the submission and what it builds on: the tests' own code
 * follows, at the same distances from here whatever stands in front (fence.h). */
__asm__(".text\n.p2align 6\n.globl fence_text_fenced\nfence_text_fenced:\n");
