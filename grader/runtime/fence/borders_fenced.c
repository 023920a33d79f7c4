/* borders_fenced.c - linked behind the submission and what it builds on: the tests' own code
 * follows (fence.h). */
__asm__(".text\n.globl fence_text_fenced\nfence_text_fenced:\n");
