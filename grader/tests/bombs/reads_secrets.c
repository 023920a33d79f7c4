/* Says which of the files named by its arguments it can read. */
#include <fcntl.h>
#include <stdio.h>

int main(int count, char **words) {
    for (int i = 1; i < count; i++)
        if (open(words[i], O_RDONLY) >= 0) printf("read %s\n", words[i]);
}
