/* Kills every process that it may, its parent by name, and says whom it reached. */
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void) {
    pid_t child = fork();
    if (child == 0)
        for (;;) pause();
    kill(getppid(), SIGKILL);
    kill(1, SIGKILL);
    kill(-1, SIGKILL);
    int status = 0;
    waitpid(child, &status, 0);
    printf("the child died of signal %d\n", WTERMSIG(status));
}
