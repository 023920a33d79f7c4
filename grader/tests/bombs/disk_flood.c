/* Writes files without end below argv[1]; ignores the signal for files that are too large. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

enum { BLOCK = 1 << 16, BLOCKS = 32 };

int main(int count, char **words) {
    static char block[BLOCK] = "x";
    signal(SIGXFSZ, SIG_IGN);
    for (int number = 0; count > 1; number++) {
        char name[256];
        snprintf(name, sizeof name, "%s/%d", words[1], number);
        int file = open(name, O_CREAT | O_WRONLY, 0600);
        for (int i = 0; i < BLOCKS && file >= 0; i++)
            if (write(file, block, BLOCK) < 0) break;
        close(file);
    }
}
