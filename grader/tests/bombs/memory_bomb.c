/* Allocates without end, and touches every page. */
#include <stdlib.h>
#include <string.h>

enum { BLOCK = 1 << 20 };

int main(void) {
    for (;;) {
        char *volatile block = malloc(BLOCK);
        if (block) memset(block, 1, BLOCK);
    }
}
