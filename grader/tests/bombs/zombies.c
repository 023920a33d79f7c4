/* Makes children that end at once, and waits for none of them. */
#include <unistd.h>

int main(void) {
    for (;;)
        if (fork() == 0) _exit(0);
}
