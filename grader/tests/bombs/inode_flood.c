/* Makes empty files without end below argv[1]. */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

int main(int count, char **words) {
    for (int number = 0; count > 1; number++) {
        char name[256];
        snprintf(name, sizeof name, "%s/%d", words[1], number);
        close(open(name, O_CREAT | O_WRONLY, 0600));
    }
}
