/* Takes the tests in as data.
 * Rule: file not found: ../tests.c
 */
__asm__(".incbin \"../tests.c\"");
