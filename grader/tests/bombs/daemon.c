/* Leaves daemons behind: out of its session, its parent gone, deaf to signals. */
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

int main(void) {
    for (int number = 0; number < 4; number++)
        if (fork() == 0) {
            setsid();
            signal(SIGTERM, SIG_IGN);
            signal(SIGHUP, SIG_IGN);
            if (fork() != 0) _exit(0);
            for (;;) pause();
        }
    puts("left four behind");
}
