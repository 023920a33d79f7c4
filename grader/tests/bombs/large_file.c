/* Writes one file without end, and dies of it. */
#include <fcntl.h>
#include <unistd.h>

enum { BLOCK = 1 << 16 };

int main(int count, char **words) {
    static char block[BLOCK] = "x";
    int file = count > 1 ? open(words[1], O_CREAT | O_WRONLY, 0600) : -1;
    for (;;)
        if (write(file, block, BLOCK) < 0) return 1;
}
