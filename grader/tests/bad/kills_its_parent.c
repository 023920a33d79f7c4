/* kills_its_parent.c - sends SIGKILL to the process that runs the tests. */
#include "thing.h"

#include <signal.h>
#include <unistd.h>

void thing_reset(void) {}
void thing_two(void) {}

void thing_one(void) {
    kill(getppid(), 9);
    for (;;) {
    }
}
