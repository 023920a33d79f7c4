/* Calls itself until the stack is used up. */
#include <stdlib.h>

static int deeper(volatile int *caller) {
    volatile int here[64] = {*caller + 1};
    return deeper(here) + here[0];
}

int main(void) {
    volatile int start = 0;
    return deeper(&start);
}
