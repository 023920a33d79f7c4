/* Four processes fill memory that they share: each holds little, all of them too much. */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { BLOCK = 1 << 20 };

int main(void) {
    fork();
    fork();
    for (;;) {
        char *block = mmap(NULL, BLOCK, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (block != MAP_FAILED) memset(block, 1, BLOCK);
    }
}
