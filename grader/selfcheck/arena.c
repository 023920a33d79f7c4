/* Lets Criterion run under ThreadSanitizer.
 *
 * Criterion's BoxFort maps the memory that it shares with a test at
 * 0x200000000000 + (rand_r() & 0x3fffff) * 0x1000000, most of which ThreadSanitizer's layout of the
 * address space refuses (Criterion issue 274). This rand_r stands in front of libc's and keeps the
 * arena where ThreadSanitizer allows memory of a program: 0x550000000000 to 0x568000000000.
 */
#include <stdlib.h>

enum { LOWEST = 0x350000, PLACES = 0x18000 };

int rand_r(unsigned int *seed) {
    *seed = *seed * 1103515245u + 12345u;
    return LOWEST + (int)((*seed >> 8) % PLACES);
}
