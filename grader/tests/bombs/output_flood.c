/* Prints without end, to both streams. */
#include <stdio.h>

int main(void) {
    for (;;) {
        puts("not a result");
        fputs("nor this\n", stderr);
    }
}
